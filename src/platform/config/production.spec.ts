import { ConfigurationError, loadConfig, SECRET_NAMES, type SecretName } from './config.js';

const SECRETS = {
  APP_SECRET: 'QmV0dGVyIHNvcnJ5IHRoYW4gc2FmZSEhIQ==',
  KEY_ENCRYPTION_SECRET: 'VGhlIHNlY29uZCBvZiB0aHJlZSBzZWNyZXRz',
  PASSWORD_PEPPER: 'VGhlIHRoaXJkIG9mIHRocmVlIHNlY3JldHM=',
};
const PRODUCTION = {
  ...SECRETS,
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://gatehouse@db.internal/gatehouse',
  PUBLIC_BASE_URL: 'https://id.example.com',
};

const load = (env: NodeJS.ProcessEnv) => loadConfig(env, () => SECRETS);

function refusal(env: NodeJS.ProcessEnv): ConfigurationError {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted');
}

const faultsOf = (env: NodeJS.ProcessEnv) => Object.fromEntries(refusal(env).faults);

describe('production', () => {
  it('starts with everything it demands', () => {
    expect(load(PRODUCTION).secrets).toEqual(SECRETS);
  });

  it('demands the database, the public address and the secrets', () => {
    expect(Object.keys(faultsOf({ NODE_ENV: 'production' })).toSorted()).toEqual([
      'APP_SECRET',
      'DATABASE_URL',
      'KEY_ENCRYPTION_SECRET',
      'PASSWORD_PEPPER',
      'PUBLIC_BASE_URL',
    ]);
  });

  it.each(SECRET_NAMES)('S97: refuses a %s that is missing, short, an example or used twice', (name) => {
    const faultWith = (value: string) => faultsOf({ ...PRODUCTION, [name]: value });
    const other = SECRET_NAMES.find((one) => one !== name) ?? name;
    expect(faultWith('')).toEqual({ [name]: expect.stringMatching(/^must be set in production/) });
    expect(faultWith(SECRETS[name].slice(0, 31))).toEqual({ [name]: expect.stringContaining('at least 32') });
    for (const example of [
      'change-me-change-me-change-me-change-me',
      'CHANGEME'.repeat(5),
      'change_me'.repeat(4),
      'this is an example secret, 32 chars+',
      'your-secret-goes-here-your-secret-goes',
      'x'.repeat(40),
      'Placeholder Placeholder Placeholder',
    ]) {
      expect(faultWith(example)).toEqual({ [name]: expect.stringMatching(/^is an example value/) });
    }
    expect(faultWith(SECRETS[other])).toEqual({
      [name]: 'must differ from the other secrets',
      [other]: 'must differ from the other secrets',
    });
  });

  it('S97: refuses an example password for the first administrator, and one without an address', () => {
    const admin = { ...PRODUCTION, ADMIN_EMAIL: 'root@corp.example' };
    expect(Object.keys(faultsOf({ ...admin, ADMIN_PASSWORD: 'change-me-please' }))).toEqual([
      'ADMIN_PASSWORD',
    ]);
    const { ADMIN_EMAIL: _, ...anonymous } = { ...admin, ADMIN_PASSWORD: 'a long enough password' };
    expect(Object.keys(faultsOf(anonymous))).toEqual(['ADMIN_EMAIL']);
  });

  it('S92: refuses networks of its own for webhooks, which development takes', () => {
    const networks = { WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8, ::1' };
    expect(load(networks).webhooks.allowCidrs).toEqual(['127.0.0.0/8', '::1']);
    expect(Object.keys(faultsOf({ ...PRODUCTION, ...networks }))).toEqual(['WEBHOOK_ALLOW_CIDRS']);
  });

  it.each<[string, SecretName]>([
    ['development', 'APP_SECRET'],
    ['test', 'PASSWORD_PEPPER'],
  ])('S97: is not the only one to refuse short and example secrets: so does %s', (environment, name) => {
    for (const value of ['short', 'change-me-change-me-change-me-change-me'])
      expect(Object.keys(faultsOf({ NODE_ENV: environment, [name]: value }))).toEqual([name]);
  });
});

describe('S3: the cost of a password hash', () => {
  it.each(['development', 'production'])('is 12 at least in %s', (environment) => {
    const base = environment === 'production' ? PRODUCTION : {};
    expect(faultsOf({ ...base, BCRYPT_COST: '11' })).toEqual({ BCRYPT_COST: 'must be at least 12' });
    expect(load({ ...base, BCRYPT_COST: '12' }).passwords.bcryptCost).toBe(12);
  });

  it('is lower in tests only, and never out of range', () => {
    expect(load({ NODE_ENV: 'test', BCRYPT_COST: '4' }).passwords.bcryptCost).toBe(4);
    expect(Object.keys(faultsOf({ NODE_ENV: 'test', BCRYPT_COST: '3' }))).toEqual(['BCRYPT_COST']);
    expect(Object.keys(faultsOf({ BCRYPT_COST: '17' }))).toEqual(['BCRYPT_COST']);
  });
});
