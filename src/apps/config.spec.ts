import { faultsIn, PRODUCTION, refusalIn, SECRETS } from '../../test/support/refused-config.js';
import { allInOne } from './all-in-one.js';
import { HttpConfig } from '../platform/http/http.config.js';
import { AdministratorConfig } from './administrator.config.js';
import { type Config, ConfigurationError, loadConfig, variablesOf } from '../platform/config/config.js';

const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0a1B2c3D'.repeat(4)}`,
  TWILIO_AUTH_TOKEN: 'fe98dc76ba54',
  TWILIO_FROM: '+15005550006',
};

const load = (env: NodeJS.ProcessEnv) => loadConfig(env, allInOne.config, () => SECRETS);

/** Every section by its name. */
const settingsOf = (config: Config) =>
  Object.fromEntries(config.sections().map(([token, value]) => [token.name, value]));

const faultsOf = (env: NodeJS.ProcessEnv) => faultsIn(() => load(env));

describe('loadConfig', () => {
  it('needs nothing in development', () => {
    expect(settingsOf(load({}))).toEqual({
      ProcessConfig: {
        environment: 'development',
        service: 'all-in-one',
        isWorker: true,
        logLevel: 'info',
        dataDir: '.data',
      },
      HttpConfig: {
        host: '127.0.0.1',
        port: 3000,
        management: null,
        publicBaseUrl: 'http://localhost:3000',
        docsEnabled: true,
        corsOrigins: [],
        trustProxy: [],
        requestsAtOnce: 300,
        defaultRegion: null,
        keepAliveTimeout: 72,
        shutdownDelay: 0,
      },
      DatabaseConfig: {
        url: null,
        directUrl: null,
        connections: { application: 11, jobs: 8, outbox: 1 },
        connectTimeout: 30,
        migrateOnStart: true,
      },
      RedisConfig: { url: null },
      BrokerConfig: { url: null },
      JobsConfig: { attempts: 12 },
      OutboxConfig: { retentionDays: 7, alsoBroadcast: false },
      Secrets: SECRETS,
      RateLimitConfig: { requests: 300, login: 5, newPassword: 20 },
      HashingConfig: { hasher: 'bcrypt', bcryptCost: 12, queue: 64 },
      OtpConfig: { ttl: 300, lock: 900 },
      MailConfig: { smtp: null, from: { name: 'Gatehouse', address: 'no-reply@localhost' } },
      ProductConfig: { name: 'Gatehouse' },
      SmsConfig: { via: { provider: null } },
      OutboundConfig: { allowCidrs: ['127.0.0.0/8', '::1/128'] },
      TracingConfig: {
        isOn: false,
        serviceName: 'gatehouse',
        sampler: 'parentbased_always_on',
        ratio: 1,
        delay: 5000,
      },
      AccessConfig: { reauthenticationMaxAge: 600 },
      MessagesConfig: { resend: 60, recoveryTtl: 900, smsHourlyLimit: 500, perAddress: 10, perUser: 100 },
      UsersConfig: { registrationEnabled: true, purgeAfterDays: 30 },
      OAuthConfig: { providers: [], returnUrls: ['http://localhost:3000/api/v1/auth/oauth/done'] },
      TokensConfig: {
        accessTtl: 900,
        issuer: 'http://localhost:3000',
        audience: 'gatehouse',
        algorithm: 'RS256',
        keyRotationDays: 90,
      },
      SessionsConfig: { idle: 604_800, absolute: 2_592_000, perUser: 100, refreshGrace: 10 },
      LockoutConfig: { limit: 5, base: 60, max: 3600, addressLimit: 30, deviceCookieSameSite: 'strict' },
      PasswordsConfig: { minLength: 12, invitationTtl: 86_400 },
      WebhooksConfig: { disableAfterDays: 5 },
      AdministratorConfig: { email: 'admin@example.com', password: null },
    });
  });

  it('reads every variable', () => {
    const config = load({
      ...PRODUCTION,
      HOST: '::1',
      PORT: '0',
      MANAGEMENT_PORT: '9464',
      MANAGEMENT_HOST: '10.0.0.7',
      DOCS_ENABLED: 'true',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      TRUST_PROXY: '10.0.0.0/8,fd00::/8, 192.0.2.7,',
      RATE_LIMIT: '100',
      LOGIN_RATE_LIMIT: '3',
      NEW_PASSWORD_RATE_LIMIT: '7',
      ADDRESS_MESSAGE_LIMIT: '20',
      USER_MESSAGE_LIMIT: '50',
      REQUESTS_AT_ONCE: '64',
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
      PRODUCT_NAME: 'Corp Identity',
      MAIL_FROM: 'Corp <id@corp.example>',
      SMS_PROVIDER: 'twilio',
      ...TWILIO,
      TWILIO_API_URL: 'https://sms.internal/',
      RECOVERY_TTL: '120',
      WEBHOOK_DISABLE_AFTER_DAYS: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.internal:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector.internal:4318/v1/traces',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_SERVICE_NAME: 'identity',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_SDK_DISABLED: 'true',
      ADMIN_EMAIL: 'root@corp.example',
      ADMIN_PASSWORD: 'a long enough password',
    });
    expect(settingsOf(config)).toEqual({
      ProcessConfig: {
        environment: 'production',
        service: 'worker',
        isWorker: true,
        logLevel: 'warn',
        dataDir: '/var/lib/gatehouse',
      },
      HttpConfig: {
        host: '::1',
        port: 0,
        management: { host: '10.0.0.7', port: 9464 },
        publicBaseUrl: 'https://id.example.com',
        docsEnabled: true,
        corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
        trustProxy: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'],
        requestsAtOnce: 64,
        defaultRegion: 'DE',
        keepAliveTimeout: 72,
        shutdownDelay: 0,
      },
      DatabaseConfig: {
        url: PRODUCTION.DATABASE_URL,
        directUrl: 'postgres://gatehouse@postgres.internal/gatehouse',
        connections: { application: 24, jobs: 0, outbox: 1 },
        connectTimeout: 5,
        migrateOnStart: false,
      },
      RedisConfig: { url: 'rediss://cache.internal:6380/1' },
      BrokerConfig: { url: 'amqps://bus.internal:5671/gatehouse' },
      JobsConfig: { attempts: 3 },
      OutboxConfig: { retentionDays: 30, alsoBroadcast: true },
      Secrets: SECRETS,
      RateLimitConfig: { requests: 100, login: 3, newPassword: 7 },
      HashingConfig: { hasher: 'argon2id', bcryptCost: 13, queue: 0 },
      OtpConfig: { ttl: 120, lock: 60 },
      ProductConfig: { name: 'Corp Identity' },
      MailConfig: {
        smtp: {
          host: 'mail.internal',
          port: 2465,
          secure: true,
          auth: { user: 'relay', pass: 'p@ss' },
        },
        from: { name: 'Corp', address: 'id@corp.example' },
      },
      SmsConfig: {
        via: {
          provider: 'twilio',
          accountSid: TWILIO.TWILIO_ACCOUNT_SID,
          authToken: TWILIO.TWILIO_AUTH_TOKEN,
          from: TWILIO.TWILIO_FROM,
          apiUrl: 'https://sms.internal',
        },
      },
      OutboundConfig: { allowCidrs: [] },
      TracingConfig: {
        isOn: false,
        serviceName: 'identity',
        sampler: 'traceidratio',
        ratio: 0.1,
        delay: 100,
      },
      AccessConfig: { reauthenticationMaxAge: 300 },
      MessagesConfig: { resend: 0, recoveryTtl: 120, smsHourlyLimit: 10, perAddress: 20, perUser: 50 },
      UsersConfig: { registrationEnabled: true, purgeAfterDays: 0 },
      OAuthConfig: { providers: [], returnUrls: [] },
      TokensConfig: {
        accessTtl: 60,
        issuer: 'https://issuer.example',
        audience: 'api',
        algorithm: 'ES256',
        keyRotationDays: 0,
      },
      SessionsConfig: { idle: 3600, absolute: 86_400, perUser: 5, refreshGrace: 0 },
      LockoutConfig: { limit: 10, base: 30, max: 600, addressLimit: 50, deviceCookieSameSite: 'none' },
      PasswordsConfig: { minLength: 8, invitationTtl: 300 },
      WebhooksConfig: { disableAfterDays: 1 },
      AdministratorConfig: { email: 'root@corp.example', password: 'a long enough password' },
    });
  });

  it('takes an empty variable for one that is not set', () => {
    const empty = Object.fromEntries(variablesOf(allInOne.config).map((name) => [name, '']));
    expect(settingsOf(load(empty))).toEqual(settingsOf(load({})));
    expect(Object.keys(faultsOf({ ...PRODUCTION, APP_SECRET: '' }))).toEqual(['APP_SECRET']);
  });

  it('ignores variables that are not its own', () => {
    expect(settingsOf(load({ PATH: '/bin', npm_config_cache: 'x' }))).toEqual(settingsOf(load({})));
  });

  it('cuts trailing slashes from the public address', () => {
    expect(load({ PUBLIC_BASE_URL: 'https://id.example.com/sub//' }).get(HttpConfig).publicBaseUrl).toBe(
      'https://id.example.com/sub',
    );
  });

  it('listens to every address in production, to its own machine elsewhere', () => {
    expect(load(PRODUCTION).get(HttpConfig).host).toBe('0.0.0.0');
    expect(load({ NODE_ENV: 'test' }).get(HttpConfig).host).toBe('127.0.0.1');
  });

  it('S96: serves no API pages in production unless it is told to', () => {
    expect(load(PRODUCTION).get(HttpConfig).docsEnabled).toBe(false);
    expect(load({ ...PRODUCTION, DOCS_ENABLED: 'true' }).get(HttpConfig).docsEnabled).toBe(true);
  });

  it('makes no administrator in production unless it is told whom', () => {
    expect(load(PRODUCTION).get(AdministratorConfig)).toEqual({ email: null, password: null });
  });

  it('asks for missing secrets only, and not at all when they are set', () => {
    const ask = jest.fn(() => SECRETS);
    loadConfig({ ...SECRETS }, allInOne.config, ask);
    expect(ask).not.toHaveBeenCalled();
    loadConfig({ APP_SECRET: SECRETS.APP_SECRET, DATA_DIR: 'here' }, allInOne.config, ask);
    expect(ask.mock.calls).toEqual([[['KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER'], 'here']]);
  });

  it('S97: asks nobody for secrets in production', () => {
    const ask = jest.fn(() => SECRETS);
    expect(() => loadConfig({ ...PRODUCTION, APP_SECRET: '' }, allInOne.config, ask)).toThrow(
      ConfigurationError,
    );
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
    const { message } = refusalIn(() => load({ PORT: 'x', LOG_LEVEL: 'loud' }));
    const [heading, ...lines] = message.split('\n');
    expect(heading).toBe('The configuration is not usable:');
    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(['LOG_LEVEL', 'PORT']);
    expect(lines[1]).toBe('  PORT must be a whole number');
  });

  it.each(['development', 'production'])('S97: never shows a value, in %s', (environment) => {
    const canary = 'cAnArY7';
    const names = variablesOf(allInOne.config).filter((name) => name !== 'NODE_ENV');
    const env = {
      ...Object.fromEntries(names.map((name) => [name, canary])),
      NODE_ENV: environment,
    };
    const error = refusalIn(() => load(env));
    expect(error.faults.size).toBeGreaterThan(25);
    expect(error.message).not.toContain(canary);
    expect(JSON.stringify(error)).not.toContain(canary);
    expect(refusalIn(() => load({ NODE_ENV: canary })).message).not.toContain(canary);
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
    ['REQUESTS_AT_ONCE', ['7', '10001']],
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
    ['OTEL_EXPORTER_OTLP_ENDPOINT', ['collector:4318', 'grpc://collector:4317']],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', ['/v1/traces']],
    ['OTEL_EXPORTER_OTLP_HEADERS', ['key', '=value', 'a b=c']],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', ['grpc', 'http/json']],
    ['OTEL_SERVICE_NAME', ['x'.repeat(129)]],
    ['OTEL_RESOURCE_ATTRIBUTES', ['staging']],
    ['OTEL_TRACES_SAMPLER', ['jaeger_remote', 'ALWAYS_ON']],
    ['OTEL_TRACES_SAMPLER_ARG', ['1.5', '-1', 'half']],
    ['OTEL_BSP_SCHEDULE_DELAY', ['0', '5s']],
    ['OTEL_SDK_DISABLED', ['1', 'yes']],
    ['ADMIN_EMAIL', ['admin', 'admin@', 'a b@example.com', `${'a'.repeat(180)}@example.com`]],
    ['ADMIN_PASSWORD', ['elevenchars', 'x'.repeat(129)]],
  ])('names %s when it has a wrong value', (name, values) => {
    for (const value of values) expect(Object.keys(faultsOf({ [name]: value }))).toEqual([name]);
  });
});
