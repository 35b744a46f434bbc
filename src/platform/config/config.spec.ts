import { ConfigurationError, environmentSchema, loadConfig } from './config.js';

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
const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0a1B2c3D'.repeat(4)}`,
  TWILIO_AUTH_TOKEN: 'fe98dc76ba54',
  TWILIO_FROM: '+15005550006',
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
        managementPort: null,
        publicBaseUrl: 'http://localhost:3000',
        docsEnabled: true,
        corsOrigins: [],
        deviceCookieSameSite: 'strict',
        trustProxy: [],
        shutdownDelay: 0,
      },
      registrationEnabled: true,
      oauth: { providers: [], returnUrls: ['http://localhost:3000/api/v1/auth/oauth/done'] },
      rateLimits: { global: 300, login: 5, newPassword: 20 },
      redis: { url: null },
      broker: { url: null },
      service: 'all-in-one',
      jobs: { isWorker: true, attempts: 12, outboxRetentionDays: 7, purgeAfterDays: 30 },
      logLevel: 'info',
      database: {
        url: null,
        directUrl: null,
        connections: { application: 11, jobs: 8, outbox: 1 },
        connectTimeout: 30,
        migrateOnStart: true,
      },
      dataDir: '.data',
      secrets: SECRETS,
      tokens: {
        accessTtl: 900,
        issuer: 'http://localhost:3000',
        audience: 'gatehouse',
        algorithm: 'RS256',
        keyRotationDays: 90,
      },
      sessions: {
        idle: 604_800,
        absolute: 2_592_000,
        perUser: 100,
        refreshGrace: 10,
        reauthenticationMaxAge: 600,
      },
      lockout: { limit: 5, base: 60, max: 3600, addressLimit: 30 },
      messageLimits: { address: 10, user: 100 },
      defaultRegion: null,
      otp: { ttl: 300, lock: 900, resend: 60, smsHourlyLimit: 500 },
      passwords: {
        minLength: 12,
        hasher: 'bcrypt',
        bcryptCost: 12,
        hashingQueue: 64,
        invitationTtl: 86_400,
        recoveryTtl: 900,
      },
      mail: { smtp: null, from: { name: 'Gatehouse', address: 'no-reply@localhost' } },
      sms: { provider: null },
      webhooks: { allowCidrs: ['127.0.0.0/8', '::1/128'], disableAfterDays: 5 },
      admin: { email: 'admin@example.com', password: null },
    });
  });

  it('reads every variable', () => {
    const config = load({
      ...PRODUCTION,
      HOST: '::1',
      PORT: '0',
      MANAGEMENT_PORT: '9464',
      DOCS_ENABLED: 'true',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      TRUST_PROXY: '10.0.0.0/8,fd00::/8, 192.0.2.7,',
      RATE_LIMIT: '100',
      LOGIN_RATE_LIMIT: '3',
      NEW_PASSWORD_RATE_LIMIT: '7',
      ADDRESS_MESSAGE_LIMIT: '20',
      USER_MESSAGE_LIMIT: '50',
      DEFAULT_REGION: 'DE',
      DEVICE_COOKIE_SAME_SITE: 'none',
      SHUTDOWN_DELAY: '0',
      LOG_LEVEL: 'warn',
      DATABASE_DIRECT_URL: 'postgres://gatehouse@postgres.internal/gatehouse',
      DATABASE_POOL_SIZE: '25',
      DATABASE_CONNECT_TIMEOUT: '5',
      MIGRATE_ON_START: 'false',
      DATA_DIR: '/var/lib/gatehouse',
      REDIS_URL: 'rediss://cache.internal:6380/1',
      RABBITMQ_URL: 'amqps://bus.internal:5671/gatehouse',
      SERVICE: 'worker',
      WORKER: 'off',
      JOB_ATTEMPTS: '3',
      OUTBOX_RETENTION_DAYS: '30',
      PURGE_AFTER_DAYS: '0',
      ACCESS_TOKEN_TTL: '60',
      JWT_ALGORITHM: 'ES256',
      KEY_ROTATION_DAYS: '0',
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'api',
      REGISTRATION_ENABLED: 'true',
      OTP_TTL: '120',
      OTP_LOCK_SECONDS: '60',
      OTP_RESEND_SECONDS: '0',
      SMS_HOURLY_LIMIT: '10',
      SESSION_IDLE_TTL: '3600',
      SESSION_TTL: '86400',
      SESSIONS_PER_USER: '5',
      REFRESH_GRACE: '0',
      PASSWORD_MIN_LENGTH: '8',
      PASSWORD_HASHER: 'argon2id',
      BCRYPT_COST: '13',
      HASHING_QUEUE: '0',
      LOCKOUT_LIMIT: '10',
      LOCKOUT_SECONDS: '30',
      LOCKOUT_MAX_SECONDS: '600',
      ADDRESS_FAILURE_LIMIT: '50',
      REAUTHENTICATION_MAX_AGE: '300',
      INVITATION_TTL: '300',
      SMTP_URL: 'smtps://relay:p%40ss@mail.internal:2465',
      MAIL_FROM: 'Corp <id@corp.example>',
      SMS_PROVIDER: 'twilio',
      ...TWILIO,
      TWILIO_API_URL: 'https://sms.internal/',
      RECOVERY_TTL: '120',
      WEBHOOK_DISABLE_AFTER_DAYS: '1',
      ADMIN_EMAIL: 'root@corp.example',
      ADMIN_PASSWORD: 'a long enough password',
    });
    expect(config).toEqual({
      environment: 'production',
      http: {
        host: '::1',
        port: 0,
        managementPort: 9464,
        publicBaseUrl: 'https://id.example.com',
        docsEnabled: true,
        corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
        deviceCookieSameSite: 'none',
        trustProxy: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'],
        shutdownDelay: 0,
      },
      registrationEnabled: true,
      oauth: { providers: [], returnUrls: [] },
      rateLimits: { global: 100, login: 3, newPassword: 7 },
      redis: { url: 'rediss://cache.internal:6380/1' },
      broker: { url: 'amqps://bus.internal:5671/gatehouse' },
      service: 'worker',
      jobs: { isWorker: true, attempts: 3, outboxRetentionDays: 30, purgeAfterDays: 0 },
      logLevel: 'warn',
      database: {
        url: PRODUCTION.DATABASE_URL,
        directUrl: 'postgres://gatehouse@postgres.internal/gatehouse',
        connections: { application: 24, jobs: 0, outbox: 1 },
        connectTimeout: 5,
        migrateOnStart: false,
      },
      dataDir: '/var/lib/gatehouse',
      secrets: SECRETS,
      tokens: {
        accessTtl: 60,
        issuer: 'https://issuer.example',
        audience: 'api',
        algorithm: 'ES256',
        keyRotationDays: 0,
      },
      sessions: { idle: 3600, absolute: 86_400, perUser: 5, refreshGrace: 0, reauthenticationMaxAge: 300 },
      lockout: { limit: 10, base: 30, max: 600, addressLimit: 50 },
      messageLimits: { address: 20, user: 50 },
      defaultRegion: 'DE',
      otp: { ttl: 120, lock: 60, resend: 0, smsHourlyLimit: 10 },
      passwords: {
        minLength: 8,
        hasher: 'argon2id',
        bcryptCost: 13,
        hashingQueue: 0,
        invitationTtl: 300,
        recoveryTtl: 120,
      },
      mail: {
        smtp: {
          host: 'mail.internal',
          port: 2465,
          secure: true,
          auth: { user: 'relay', pass: 'p@ss' },
        },
        from: { name: 'Corp', address: 'id@corp.example' },
      },
      sms: {
        provider: 'twilio',
        accountSid: TWILIO.TWILIO_ACCOUNT_SID,
        authToken: TWILIO.TWILIO_AUTH_TOKEN,
        from: TWILIO.TWILIO_FROM,
        apiUrl: 'https://sms.internal',
      },
      webhooks: { allowCidrs: [], disableAfterDays: 1 },
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
    ['HOST', ['*', 'http://0.0.0.0', 'localhost:3000', '0.0.0.0/0', '[::1', 'my host']],
    ['PUBLIC_BASE_URL', ['id.example.com', 'ftp://id.example.com', 'javascript:alert(1)', '/']],
    ['MANAGEMENT_PORT', ['3000', '65536', 'off']],
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
        'https://*.x',
        'https://%2a.example.com',
        'https://user@app.example.com',
        'file://app',
        'wss://app.example.com',
        'capacitor://localhost/',
        'capacitor://*',
        'chrome-extension:abc',
      ],
    ],
    ['TRUST_PROXY', ['true', '*', '10.0.0.0/33', 'fd00::/129', '10.0.0', '10.0.0.0/8/8', 'proxy.internal']],
    ['RATE_LIMIT', ['0', '-1', 'off']],
    ['LOGIN_RATE_LIMIT', ['0', '1000001']],
    ['SHUTDOWN_DELAY', ['-1', '301', '5s']],
    ['RABBITMQ_URL', ['amqp:bus', 'amqp://us%er:pass@bus', 'amqp://bus:0']],
    ['REDIS_URL', ['http://cache:6379', 'cache:6379', '/run/redis.sock']],
    ['JWT_ALGORITHM', ['none', 'HS256', 'rs256', 'RS256,ES256']],
    ['KEY_ROTATION_DAYS', ['-1', '3651']],
    ['SESSION_IDLE_TTL', ['59', '7d']],
    ['SESSION_TTL', ['59', '31536001']],
    ['SESSIONS_PER_USER', ['0', '10001']],
    ['REFRESH_GRACE', ['-1', '61']],
    ['PASSWORD_HASHER', ['md5', 'argon2', 'argon2i']],
    ['HASHING_QUEUE', ['-1', '10001']],
    ['LOCKOUT_LIMIT', ['0', '2', '101']],
    ['LOCKOUT_SECONDS', ['0', '86401']],
    ['LOCKOUT_MAX_SECONDS', ['0', '604801']],
    ['ADDRESS_FAILURE_LIMIT', ['0', '4']],
    ['JWT_ISSUER', [' ', 'https://id.example.com\r', ' issuer']],
    ['JWT_AUDIENCE', [' ', 'gatehouse ']],
    ['DATA_DIR', [' ']],
    ['LOG_LEVEL', ['verbose', 'INFO']],
    ['DATABASE_URL', ['mysql://db/x', 'db:5432', '/var/run/postgresql']],
    ['DATABASE_DIRECT_URL', ['mysql://db/x', 'db:5432']],
    ['DATABASE_POOL_SIZE', ['0', '7', '501']],
    ['DATABASE_CONNECT_TIMEOUT', ['0', '601', '30s']],
    ['ACCESS_TOKEN_TTL', ['59', '3601', '15m']],
    ['PASSWORD_MIN_LENGTH', ['7', '65']],
    ['BCRYPT_COST', ['11', '17', 'twelve']],
    ['REAUTHENTICATION_MAX_AGE', ['59', '86401', '10m']],
    ['INVITATION_TTL', ['299', '604801']],
    ['RECOVERY_TTL', ['59', '1801']],
    ['WEBHOOK_ALLOW_CIDRS', ['loopback', '127.0.0.0/33', 'all']],
    ['WEBHOOK_DISABLE_AFTER_DAYS', ['0', '366', '5d']],
    ['ADMIN_EMAIL', ['admin', 'admin@', 'a b@example.com', `${'a'.repeat(180)}@example.com`]],
    ['ADMIN_PASSWORD', ['elevenchars', 'x'.repeat(129)]],
  ])('names %s when it has a wrong value', (name, values) => {
    for (const value of values) expect(Object.keys(faultsOf({ [name]: value }))).toEqual([name]);
  });
});
