import { faultsIn, PRODUCTION, SECRETS } from '../../test/support/refused-config.js';
import { allInOne } from './all-in-one.js';
import { Secrets } from '../platform/config/secrets.config.js';
import { HttpConfig } from '../platform/http/http.config.js';
import { OutboundConfig } from '../platform/outbound/outbound.config.js';
import { HashingConfig } from '../platform/security/hashing.config.js';
import { randomBytes, randomUUID } from 'node:crypto';
import { SECRET_NAMES, type SecretName } from '../platform/config/secrets.config.js';
import { loadConfig } from '../platform/config/config.js';

const load = (env: NodeJS.ProcessEnv) => loadConfig(env, allInOne.config, () => SECRETS);

const faultsOf = (env: NodeJS.ProcessEnv) => faultsIn(() => load(env));

describe('production', () => {
  it('starts with everything it demands', () => {
    expect(load(PRODUCTION).get(Secrets)).toEqual(SECRETS);
  });

  it('goes on serving for five seconds in production after it is told to stop, unless it is told otherwise', () => {
    expect(load(PRODUCTION).get(HttpConfig).shutdownDelay).toBe(5);
    expect(load({ ...PRODUCTION, SHUTDOWN_DELAY: '0' }).get(HttpConfig).shutdownDelay).toBe(0);
    expect(load({}).get(HttpConfig).shutdownDelay).toBe(0);
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

  it.each([
    ['a repeated character', 'ab'.repeat(20)],
    ['a repeated group, cut off', 'k3Fz9QmW2xLp'.repeat(4).slice(0, 41)],
    ['the same half twice', 'f0e1d2c3b4a59687'.repeat(2)],
    ['few different characters', '1001101011100101001101011100110101'],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyzABCDEF'],
    ['the digits down', '98765432109876543210987654321098765'],
    ['a word', 'my-very-long-Secret-of-the-year-2026!'],
  ])('A21, S97: refuses %s as a secret', (_, value) => {
    for (const env of [PRODUCTION, {}])
      expect(faultsOf({ ...env, APP_SECRET: value })).toEqual({
        APP_SECRET: expect.stringContaining('can be guessed'),
      });
  });

  it('A21, S97: takes whatever a generator makes', () => {
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      for (let round = 0; round < 200; round += 1)
        expect(load({ APP_SECRET: randomBytes(24).toString(encoding) })).toBeDefined();
    for (let round = 0; round < 100; round += 1) expect(load({ APP_SECRET: randomUUID() })).toBeDefined();
  });

  it('A21: is reached by https, unless from this machine only', () => {
    const faultOf = (url: string) => faultsOf({ ...PRODUCTION, PUBLIC_BASE_URL: url });
    for (const url of [
      'http://id.example.com',
      'http://10.0.0.7',
      'http://localhost.example.com',
      'http://127.0.0.1.nip.io',
    ])
      expect(faultOf(url)).toEqual({ PUBLIC_BASE_URL: expect.stringMatching(/^must be an https URL/) });
    for (const url of [
      'http://localhost:3000',
      'http://127.0.0.1',
      'http://[::1]:8080',
      'https://id.example.com',
    ])
      expect(load({ ...PRODUCTION, PUBLIC_BASE_URL: url }).get(HttpConfig).publicBaseUrl).toBe(url);
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
    expect(load(networks).get(OutboundConfig).allowCidrs).toEqual(['127.0.0.0/8', '::1']);
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
    expect(load({ ...base, BCRYPT_COST: '12' }).get(HashingConfig).bcryptCost).toBe(12);
  });

  it('is lower in tests only, and never out of range', () => {
    expect(load({ NODE_ENV: 'test', BCRYPT_COST: '4' }).get(HashingConfig).bcryptCost).toBe(4);
    expect(Object.keys(faultsOf({ NODE_ENV: 'test', BCRYPT_COST: '3' }))).toEqual(['BCRYPT_COST']);
    expect(Object.keys(faultsOf({ BCRYPT_COST: '17' }))).toEqual(['BCRYPT_COST']);
  });
});
