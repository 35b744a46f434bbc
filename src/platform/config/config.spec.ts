import {
  ConfigurationError,
  environmentSchema,
  loadConfig,
  SECRET_NAMES,
  type SecretName,
} from './config.js';

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

describe('loadConfig', () => {
  it('needs nothing in development', () => {
    expect(load({})).toEqual({
      environment: 'development',
      http: {
        host: '127.0.0.1',
        port: 3000,
        publicBaseUrl: 'http://localhost:3000',
        docsEnabled: true,
        corsOrigins: [],
        trustProxy: [],
        shutdownDelay: 0,
      },
      registrationEnabled: true,
      rateLimits: { global: 300, login: 5 },
      redis: { url: null },
      logLevel: 'info',
      database: { url: null, poolSize: 10, connectTimeout: 30, migrateOnStart: true },
      dataDir: '.data',
      secrets: SECRETS,
      tokens: {
        accessTtl: 900,
        issuer: 'http://localhost:3000',
        audience: 'gatehouse',
        algorithm: 'RS256',
        keyRotationDays: 90,
      },
      sessions: { idle: 604_800, absolute: 2_592_000, refreshGrace: 10 },
      lockout: { limit: 5, base: 60, max: 3600, addressLimit: 30 },
      passwords: {
        minLength: 12,
        hasher: 'bcrypt',
        bcryptCost: 12,
        hashingQueue: 64,
        invitationTtl: 86_400,
      },
      admin: { email: 'admin@example.com', password: null },
    });
  });

  it('reads every variable', () => {
    const config = load({
      ...PRODUCTION,
      HOST: '::1',
      PORT: '0',
      DOCS_ENABLED: 'true',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      TRUST_PROXY: '10.0.0.0/8,fd00::/8, 192.0.2.7,',
      RATE_LIMIT: '100',
      LOGIN_RATE_LIMIT: '3',
      SHUTDOWN_DELAY: '0',
      LOG_LEVEL: 'warn',
      DATABASE_POOL_SIZE: '25',
      DATABASE_CONNECT_TIMEOUT: '5',
      MIGRATE_ON_START: 'false',
      DATA_DIR: '/var/lib/gatehouse',
      REDIS_URL: 'rediss://cache.internal:6380/1',
      ACCESS_TOKEN_TTL: '60',
      JWT_ALGORITHM: 'ES256',
      KEY_ROTATION_DAYS: '0',
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'api',
      REGISTRATION_ENABLED: 'true',
      SESSION_IDLE_TTL: '3600',
      SESSION_TTL: '86400',
      REFRESH_GRACE: '0',
      PASSWORD_MIN_LENGTH: '8',
      PASSWORD_HASHER: 'argon2id',
      BCRYPT_COST: '13',
      HASHING_QUEUE: '0',
      LOCKOUT_LIMIT: '10',
      LOCKOUT_SECONDS: '30',
      LOCKOUT_MAX_SECONDS: '600',
      ADDRESS_FAILURE_LIMIT: '50',
      INVITATION_TTL: '300',
      ADMIN_EMAIL: 'root@corp.example',
      ADMIN_PASSWORD: 'a long enough password',
    });
    expect(config).toEqual({
      environment: 'production',
      http: {
        host: '::1',
        port: 0,
        publicBaseUrl: 'https://id.example.com',
        docsEnabled: true,
        corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
        trustProxy: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'],
        shutdownDelay: 0,
      },
      registrationEnabled: true,
      rateLimits: { global: 100, login: 3 },
      redis: { url: 'rediss://cache.internal:6380/1' },
      logLevel: 'warn',
      database: { url: PRODUCTION.DATABASE_URL, poolSize: 25, connectTimeout: 5, migrateOnStart: false },
      dataDir: '/var/lib/gatehouse',
      secrets: SECRETS,
      tokens: {
        accessTtl: 60,
        issuer: 'https://issuer.example',
        audience: 'api',
        algorithm: 'ES256',
        keyRotationDays: 0,
      },
      sessions: { idle: 3600, absolute: 86_400, refreshGrace: 0 },
      lockout: { limit: 10, base: 30, max: 600, addressLimit: 50 },
      passwords: { minLength: 8, hasher: 'argon2id', bcryptCost: 13, hashingQueue: 0, invitationTtl: 300 },
      admin: { email: 'root@corp.example', password: 'a long enough password' },
    });
  });

  it('takes an empty variable for one that is not set', () => {
    const empty = Object.fromEntries(Object.keys(environmentSchema.shape).map((name) => [name, '']));
    expect(load(empty)).toEqual(load({}));
    expect(Object.keys(faultsOf({ ...PRODUCTION, APP_SECRET: '' }))).toEqual(['APP_SECRET']);
  });

  it('ignores variables that are not its own', () => {
    expect(load({ PATH: '/bin', npm_config_cache: 'x' })).toEqual(load({}));
  });

  it('cuts trailing slashes from the public address', () => {
    expect(load({ PUBLIC_BASE_URL: 'https://id.example.com/sub//' }).http.publicBaseUrl).toBe(
      'https://id.example.com/sub',
    );
  });

  it('listens to every address in production, to its own machine elsewhere', () => {
    expect(load(PRODUCTION).http.host).toBe('0.0.0.0');
    expect(load({ NODE_ENV: 'test' }).http.host).toBe('127.0.0.1');
  });

  it('goes on serving for five seconds in production after it is told to stop, unless it is told otherwise', () => {
    expect(load(PRODUCTION).http.shutdownDelay).toBe(5);
    expect(load({ ...PRODUCTION, SHUTDOWN_DELAY: '0' }).http.shutdownDelay).toBe(0);
    expect(load({}).http.shutdownDelay).toBe(0);
  });

  it('S96: serves no API pages in production unless it is told to', () => {
    expect(load(PRODUCTION).http.docsEnabled).toBe(false);
    expect(load({ ...PRODUCTION, DOCS_ENABLED: 'true' }).http.docsEnabled).toBe(true);
  });

  it('makes no administrator in production unless it is told whom', () => {
    expect(load(PRODUCTION).admin).toEqual({ email: null, password: null });
  });

  it('asks for missing secrets only, and not at all when they are set', () => {
    const ask = jest.fn(() => SECRETS);
    loadConfig({ ...SECRETS }, ask);
    expect(ask).not.toHaveBeenCalled();
    loadConfig({ APP_SECRET: SECRETS.APP_SECRET, DATA_DIR: 'here' }, ask);
    expect(ask.mock.calls).toEqual([[['KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER'], 'here']]);
  });

  it('S97: asks nobody for secrets in production', () => {
    const ask = jest.fn(() => SECRETS);
    expect(() => loadConfig({ ...PRODUCTION, APP_SECRET: '' }, ask)).toThrow(ConfigurationError);
    expect(ask).not.toHaveBeenCalled();
  });
});

describe('a faulty configuration', () => {
  it('is refused with all its faults at once', () => {
    const faults = faultsOf({
      NODE_ENV: 'production',
      PORT: '65536',
      DOCS_ENABLED: 'yes',
      DATABASE_URL: 'mysql://db/x',
      APP_SECRET: 'short',
      ADMIN_PASSWORD: 'short',
    });
    expect(Object.keys(faults).toSorted()).toEqual([
      'ADMIN_EMAIL',
      'ADMIN_PASSWORD',
      'APP_SECRET',
      'DATABASE_URL',
      'DOCS_ENABLED',
      'KEY_ENCRYPTION_SECRET',
      'PASSWORD_PEPPER',
      'PORT',
      'PUBLIC_BASE_URL',
    ]);
  });

  it('is described line by line, with the reason of each variable', () => {
    const { message } = refusal({ PORT: 'x', LOG_LEVEL: 'loud' });
    const [heading, ...lines] = message.split('\n');
    expect(heading).toBe('The configuration is not usable:');
    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(['PORT', 'LOG_LEVEL']);
    expect(lines[0]).toBe('  PORT must be a whole number');
  });

  it.each(['development', 'production'])('S97: never shows a value, in %s', (environment) => {
    const canary = 'cAnArY7';
    const names = Object.keys(environmentSchema.shape).filter((name) => name !== 'NODE_ENV');
    const error = refusal({
      ...Object.fromEntries(names.map((name) => [name, canary])),
      NODE_ENV: environment,
    });
    expect(error.faults.size).toBeGreaterThan(25);
    expect(error.message).not.toContain(canary);
    expect(JSON.stringify(error)).not.toContain(canary);
    expect(refusal({ NODE_ENV: canary }).message).not.toContain(canary);
  });

  it.each([
    ['NODE_ENV', ['prod', 'Production', ' production']],
    ['PORT', ['-1', '65536', '1e3', '0x50', '80.5', ' 80', '٣', 'http']],
    ['PUBLIC_BASE_URL', ['id.example.com', 'ftp://id.example.com', 'javascript:alert(1)', '/']],
    ['DOCS_ENABLED', ['1', 'yes', 'TRUE']],
    [
      'CORS_ORIGINS',
      [
        '*',
        'null',
        'app.example.com',
        'https://app.example.com/',
        'https://*.example.com/x',
        'https://a.b,*',
      ],
    ],
    ['TRUST_PROXY', ['true', '*', '10.0.0.0/33', 'fd00::/129', '10.0.0', '10.0.0.0/8/8', 'proxy.internal']],
    ['RATE_LIMIT', ['0', '-1', 'off']],
    ['LOGIN_RATE_LIMIT', ['0', '1000001']],
    ['SHUTDOWN_DELAY', ['-1', '301', '5s']],
    ['REDIS_URL', ['http://cache:6379', 'cache:6379', '/run/redis.sock']],
    ['JWT_ALGORITHM', ['none', 'HS256', 'rs256', 'RS256,ES256']],
    ['KEY_ROTATION_DAYS', ['-1', '3651']],
    ['SESSION_IDLE_TTL', ['59', '7d']],
    ['SESSION_TTL', ['59', '31536001']],
    ['REFRESH_GRACE', ['-1', '61']],
    ['PASSWORD_HASHER', ['md5', 'argon2', 'argon2i']],
    ['HASHING_QUEUE', ['-1', '10001']],
    ['LOCKOUT_LIMIT', ['0', '2', '101']],
    ['LOCKOUT_SECONDS', ['0', '86401']],
    ['LOCKOUT_MAX_SECONDS', ['0', '604801']],
    ['ADDRESS_FAILURE_LIMIT', ['0', '4']],
    ['LOG_LEVEL', ['verbose', 'INFO']],
    ['DATABASE_URL', ['mysql://db/x', 'db:5432', '/var/run/postgresql']],
    ['DATABASE_POOL_SIZE', ['0', '1', '501']],
    ['DATABASE_CONNECT_TIMEOUT', ['0', '601', '30s']],
    ['ACCESS_TOKEN_TTL', ['59', '3601', '15m']],
    ['PASSWORD_MIN_LENGTH', ['7', '65']],
    ['BCRYPT_COST', ['11', '17', 'twelve']],
    ['INVITATION_TTL', ['299', '604801']],
    ['ADMIN_EMAIL', ['admin', 'admin@', 'a b@example.com']],
    ['ADMIN_PASSWORD', ['elevenchars', 'x'.repeat(129)]],
  ])('names %s when it has a wrong value', (name, values) => {
    for (const value of values) expect(Object.keys(faultsOf({ [name]: value }))).toEqual([name]);
  });
});

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
