import { isSupportedCountry } from 'libphonenumber-js/min';
import { z } from 'zod';
import { canonicalEmail, type Region } from '../../common/canonical-contact.js';
import {
  type MailConfig,
  messageFaults,
  messageVariables,
  type SmsConfig,
  toMail,
  toSms,
} from './messages.js';
import { type ConnectionShares, connectionShares, databaseFaults } from './database-config.js';
import { type OAuthConfig, oauthFaults, oauthSchema, toOAuthConfig } from './oauth-config.js';
import {
  baseUrl,
  cidr,
  EXAMPLE_SECRET,
  flag,
  integer,
  isPlainHttp,
  list,
  listenAddress,
  origin,
  postgresUrl,
  proxies,
  rabbitUrl,
  redisUrl,
  secret,
} from './variables.js';

/** Where receivers of webhooks are while they are being written. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

/** Every environment variable the service reads. `.env.example` lists the same names; a test holds them equal. */
export const environmentSchema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: listenAddress.optional(),
  PORT: integer(0, 65_535).default(3000),
  MANAGEMENT_PORT: integer(0, 65_535).optional(),
  PUBLIC_BASE_URL: baseUrl.optional(),
  DOCS_ENABLED: flag.optional(),
  CORS_ORIGINS: list(origin).default([]),
  DEVICE_COOKIE_SAME_SITE: z.enum(['strict', 'none']).default('strict'),
  TRUST_PROXY: list(proxies).default([]),
  RATE_LIMIT: integer(1, 1_000_000).default(300),
  LOGIN_RATE_LIMIT: integer(1, 1_000_000).default(5),
  NEW_PASSWORD_RATE_LIMIT: integer(1, 1_000_000).default(20),
  SHUTDOWN_DELAY: integer(0, 300).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),

  DATABASE_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: integer(2, 500).optional(),
  DATABASE_CONNECT_TIMEOUT: integer(1, 600).default(30),
  MIGRATE_ON_START: flag.default(true),
  DATA_DIR: z.string().default('.data'),
  REDIS_URL: redisUrl.optional(),
  RABBITMQ_URL: rabbitUrl.optional(),

  SERVICE: z.enum(['all-in-one', 'worker']).default('all-in-one'),
  WORKER: z.enum(['on', 'off']).default('on'),
  JOB_ATTEMPTS: integer(1, 25).default(12),
  OUTBOX_RETENTION_DAYS: integer(1, 3650).default(7),
  PURGE_AFTER_DAYS: integer(0, 3650).default(30),

  APP_SECRET: secret.optional(),
  KEY_ENCRYPTION_SECRET: secret.optional(),
  PASSWORD_PEPPER: secret.optional(),

  ACCESS_TOKEN_TTL: integer(60, 3600).default(900),
  JWT_ALGORITHM: z.enum(['RS256', 'ES256']).default('RS256'),
  KEY_ROTATION_DAYS: integer(0, 3650).default(90),
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).default('gatehouse'),
  PASSWORD_MIN_LENGTH: integer(8, 64).default(12),
  PASSWORD_HASHER: z.enum(['bcrypt', 'argon2id']).default('bcrypt'),
  BCRYPT_COST: integer(4, 16).default(12),
  HASHING_QUEUE: integer(0, 10_000).default(64),

  LOCKOUT_LIMIT: integer(3, 100).default(5),
  LOCKOUT_SECONDS: integer(1, 86_400).default(60),
  LOCKOUT_MAX_SECONDS: integer(1, 604_800).default(3600),
  ADDRESS_FAILURE_LIMIT: integer(5, 1_000_000).default(30),

  REGISTRATION_ENABLED: flag.optional(),
  DEFAULT_REGION: z
    .custom<Region>(
      (value) => typeof value === 'string' && isSupportedCountry(value),
      'must be a country in two capital letters, like DE',
    )
    .optional(),
  OTP_TTL: integer(60, 600).default(300),
  OTP_LOCK_SECONDS: integer(60, 86_400).default(900),
  OTP_RESEND_SECONDS: integer(0, 3600).default(60),
  SMS_HOURLY_LIMIT: integer(0, 1_000_000).default(500),
  ADDRESS_MESSAGE_LIMIT: integer(2, 1_000_000).default(10),
  USER_MESSAGE_LIMIT: integer(1, 1_000_000).default(100),
  ...oauthSchema.shape,

  SESSION_IDLE_TTL: integer(60, 31_536_000).default(604_800),
  SESSION_TTL: integer(60, 31_536_000).default(2_592_000),
  SESSIONS_PER_USER: integer(1, 10_000).default(100),
  REFRESH_GRACE: integer(0, 60).default(10),
  REAUTHENTICATION_MAX_AGE: integer(60, 86_400).default(600),
  INVITATION_TTL: integer(300, 604_800).default(86_400),
  RECOVERY_TTL: integer(60, 1800).default(900),

  ...messageVariables,

  WEBHOOK_ALLOW_CIDRS: list(cidr).optional(),
  WEBHOOK_DISABLE_AFTER_DAYS: integer(1, 365).default(5),

  ADMIN_EMAIL: z
    .string()
    .transform(canonicalEmail)
    .pipe(z.email('must be an e-mail address').max(191, 'is too long'))
    .optional(),
  ADMIN_PASSWORD: z.string().min(12, 'must have at least 12 characters').max(128).optional(),
});

type Environment = z.infer<typeof environmentSchema>;

/** Names of the variables that hold secrets and must be set in production. */
export const SECRET_NAMES = ['APP_SECRET', 'KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER'] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

/** The configuration, parsed once at start. Durations are in seconds. */
export abstract class Config {
  abstract readonly environment: 'development' | 'test' | 'production';
  abstract readonly http: {
    readonly host: string;
    readonly port: number;
    /** Where probes are answered besides, in a worker too; null: nowhere. */
    readonly managementPort: number | null;
    /** Where people and clients reach the service; without a trailing slash. Links come from here only. */
    readonly publicBaseUrl: string;
    readonly docsEnabled: boolean;
    /** Origins of other sites whose pages may call the API. */
    readonly corsOrigins: readonly string[];
    /** From pages of which sites the cookie of known devices is sent: of ours, or of every site that may call. */
    readonly deviceCookieSameSite: Environment['DEVICE_COOKIE_SAME_SITE'];
    /** Addresses of proxies whose X-Forwarded-For is believed. */
    readonly trustProxy: readonly string[];
    /** Seconds the service goes on answering after it was told to stop. */
    readonly shutdownDelay: number;
  };
  /** Whether people may make accounts of their own. */
  abstract readonly registrationEnabled: boolean;
  /** Where mobile numbers without a country code are at home; null: they need one. */
  abstract readonly defaultRegion: Region | null;
  /** Sign-in through providers. */
  abstract readonly oauth: OAuthConfig;
  abstract readonly rateLimits: {
    /** Requests a minute of one address. */
    readonly global: number;
    /** At login: of one address for one account. */
    readonly login: number;
    /** Of one address, to what hashes a new password: registrations, resets and changes. */
    readonly newPassword: number;
  };
  abstract readonly redis: { readonly url: string | null };
  /** RabbitMQ; null: events go to webhooks and our own handlers only. */
  abstract readonly broker: { readonly url: string | null };
  /** What this process is. */
  abstract readonly service: Environment['SERVICE'];
  abstract readonly jobs: {
    /** Whether this process does the work of the background: relay, jobs, schedules. */
    readonly isWorker: boolean;
    /** Tries before a job becomes a dead letter. */
    readonly attempts: number;
    readonly outboxRetentionDays: number;
    /** Days until what was deleted is forgotten; 0: never. */
    readonly purgeAfterDays: number;
  };
  abstract readonly logLevel: Environment['LOG_LEVEL'];
  abstract readonly database: {
    /** Null: the embedded Postgres is used. */
    readonly url: string | null;
    /** Leads to Postgres itself where `url` leads to a pooler: for migrations, queues and signals. Null: `url` does. */
    readonly directUrl: string | null;
    readonly connections: ConnectionShares;
    readonly connectTimeout: number;
    readonly migrateOnStart: boolean;
  };
  /** Folder of the embedded database and of the generated development secrets. */
  abstract readonly dataDir: string;
  /** Secrets that are set. In production all are; elsewhere missing ones are generated into `dataDir`. */
  abstract readonly secrets: Readonly<Record<SecretName, string>>;
  abstract readonly tokens: {
    readonly accessTtl: number;
    readonly issuer: string;
    readonly audience: string;
    readonly algorithm: 'RS256' | 'ES256';
    /** 0: keys are rotated by command only. */
    readonly keyRotationDays: number;
  };
  abstract readonly sessions: {
    /** Sliding: without a refresh for this long the session ends. */
    readonly idle: number;
    readonly absolute: number;
    /** Live ones of one user; beyond, the oldest ends. */
    readonly perUser: number;
    /** How long a used refresh token still answers its successor. */
    readonly refreshGrace: number;
    /** How old a sign-in may be for what needs a recent one. */
    readonly reauthenticationMaxAge: number;
  };
  abstract readonly lockout: {
    /** Wrong passwords in a row that lock an account. */
    readonly limit: number;
    /** Length of the first lock; each further one is twice as long, up to `max`. */
    readonly base: number;
    readonly max: number;
    /** Failures of one address over all accounts, in ten minutes. */
    readonly addressLimit: number;
  };
  /** One-time codes. */
  abstract readonly otp: {
    readonly ttl: number;
    /** Length of the lock that three wrong codes bring. */
    readonly lock: number;
    /** Least time between two messages to one destination. */
    readonly resend: number;
    /** Text messages an hour, to everybody together. */
    readonly smsHourlyLimit: number;
  };
  /** Messages that are asked for. */
  abstract readonly messageLimits: {
    /** By one address, in ten minutes, without being signed in. */
    readonly address: number;
    /** By one user, in an hour. */
    readonly user: number;
  };
  abstract readonly passwords: {
    readonly minLength: number;
    readonly hasher: 'bcrypt' | 'argon2id';
    readonly bcryptCost: number;
    /** How many may wait to be hashed. */
    readonly hashingQueue: number;
    readonly invitationTtl: number;
    readonly recoveryTtl: number;
  };
  abstract readonly mail: MailConfig;
  abstract readonly sms: SmsConfig;
  abstract readonly webhooks: {
    /** Networks that receivers may be in although they are not public; empty in production. */
    readonly allowCidrs: readonly string[];
    /** Days of nothing but failures after which a webhook is switched off. */
    readonly disableAfterDays: number;
  };
  abstract readonly admin: { readonly email: string | null; readonly password: string | null };
}

/** The configuration is unusable. Lists every faulty variable with the reason, never a value. */
export class ConfigurationError extends Error {
  constructor(readonly faults: ReadonlyMap<string, string>) {
    super(
      [
        'The configuration is not usable:',
        ...[...faults].map(([name, reason]) => `  ${name} ${reason}`),
      ].join('\n'),
    );
    this.name = 'ConfigurationError';
  }
}

/**
 * Reads the configuration from environment variables; an empty variable counts as unset.
 * `provideSecrets` supplies the secrets that are missing outside production.
 *
 * @throws ConfigurationError naming every faulty variable at once.
 */
export function loadConfig(
  env: NodeJS.ProcessEnv,
  provideSecrets: (missing: readonly SecretName[], dataDir: string) => Record<string, string>,
): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(set);
  const faults = new Map<string, string>();
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!faults.has(name)) faults.set(name, issue.message);
  }
  const isProduction = set.NODE_ENV === 'production';
  for (const [name, reason] of [
    ...orderFaults(parsed.data),
    ...databaseFaults(set),
    ...messageFaults(set, isProduction),
    ...oauthFaults(set, isProduction),
    ...(isProduction ? productionFaults(set) : []),
    ...edgeFaults(set),
  ]) {
    if (!faults.has(name)) faults.set(name, reason);
  }
  if (set.NODE_ENV !== 'test' && Number(set.BCRYPT_COST ?? 12) < 12) {
    faults.set('BCRYPT_COST', 'must be at least 12');
  }
  if (!parsed.success || faults.size > 0) throw new ConfigurationError(faults);
  return toConfig(parsed.data, provideSecrets);
}

/** Left over from copying, or from a file with other line ends. A password may have them; elsewhere they are never meant. */
function* edgeFaults(env: Record<string, string | undefined>): Iterable<[string, string]> {
  for (const name of Object.keys(environmentSchema.shape)) {
    if (name !== 'ADMIN_PASSWORD' && env[name] !== env[name]?.trim())
      yield [name, 'must not begin or end with a blank or a line end'];
  }
}

/** Settings that others would make meaningless. */
function* orderFaults(env: Environment | undefined): Iterable<[string, string]> {
  if (!env) return;
  if (env.MANAGEMENT_PORT === env.PORT && env.PORT !== 0 && env.SERVICE !== 'worker')
    yield ['MANAGEMENT_PORT', 'must differ from PORT'];
  if (env.LOCKOUT_SECONDS > env.LOCKOUT_MAX_SECONDS)
    yield ['LOCKOUT_SECONDS', 'must not be more than LOCKOUT_MAX_SECONDS, the longest pause'];
}

/** What development forgives and production refuses. */
function* productionFaults(env: Record<string, string | undefined>): Iterable<[string, string]> {
  if (!env.DATABASE_URL)
    yield ['DATABASE_URL', 'must be set in production: the embedded database is for development'];
  if (!env.PUBLIC_BASE_URL)
    yield ['PUBLIC_BASE_URL', 'must be set in production: links and the token issuer come from it'];
  else if (isPlainHttp(env.PUBLIC_BASE_URL))
    yield ['PUBLIC_BASE_URL', 'must be an https URL in production: passwords and tokens go there'];
  for (const name of SECRET_NAMES) {
    if (!env[name]) yield [name, 'must be set in production; make one with: openssl rand -base64 48'];
    else if (SECRET_NAMES.some((other) => other !== name && env[other] === env[name])) {
      yield [name, 'must differ from the other secrets'];
    }
  }
  if (env.WEBHOOK_ALLOW_CIDRS)
    yield ['WEBHOOK_ALLOW_CIDRS', 'must not be set in production: webhooks reach public addresses only'];
  if (env.ADMIN_PASSWORD && !env.ADMIN_EMAIL) yield ['ADMIN_EMAIL', 'must be set when ADMIN_PASSWORD is'];
  if (env.ADMIN_PASSWORD && EXAMPLE_SECRET.test(env.ADMIN_PASSWORD)) {
    yield ['ADMIN_PASSWORD', 'is an example value; choose another'];
  }
}

function toConfig(
  env: Environment,
  provideSecrets: (missing: readonly SecretName[], dataDir: string) => Record<string, string>,
): Config {
  const production = env.NODE_ENV === 'production';
  const missing = SECRET_NAMES.filter((name) => env[name] === undefined);
  const provided = missing.length > 0 ? provideSecrets(missing, env.DATA_DIR) : {};
  const secretOf = (name: SecretName) => env[name] ?? provided[name] ?? '';
  const publicBaseUrl = env.PUBLIC_BASE_URL ?? `http://localhost:${env.PORT}`;
  return {
    environment: env.NODE_ENV,
    http: {
      host: env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
      port: env.PORT,
      managementPort: env.MANAGEMENT_PORT ?? null,
      publicBaseUrl,
      docsEnabled: env.DOCS_ENABLED ?? !production,
      corsOrigins: env.CORS_ORIGINS,
      deviceCookieSameSite: env.DEVICE_COOKIE_SAME_SITE,
      trustProxy: env.TRUST_PROXY,
      shutdownDelay: env.SHUTDOWN_DELAY ?? (production ? 5 : 0),
    },
    registrationEnabled: env.REGISTRATION_ENABLED ?? !production,
    defaultRegion: env.DEFAULT_REGION ?? null,
    oauth: toOAuthConfig(env, { publicBaseUrl, production }),
    rateLimits: {
      global: env.RATE_LIMIT,
      login: env.LOGIN_RATE_LIMIT,
      newPassword: env.NEW_PASSWORD_RATE_LIMIT,
    },
    redis: { url: env.REDIS_URL ?? null },
    broker: { url: env.RABBITMQ_URL ?? null },
    service: env.SERVICE,
    jobs: {
      isWorker: env.SERVICE === 'worker' || env.WORKER === 'on',
      attempts: env.JOB_ATTEMPTS,
      outboxRetentionDays: env.OUTBOX_RETENTION_DAYS,
      purgeAfterDays: env.PURGE_AFTER_DAYS,
    },
    logLevel: env.LOG_LEVEL,
    database: {
      url: env.DATABASE_URL ?? null,
      directUrl: env.DATABASE_DIRECT_URL ?? null,
      connections: connectionShares(env, env.DATABASE_POOL_SIZE),
      connectTimeout: env.DATABASE_CONNECT_TIMEOUT,
      migrateOnStart: env.MIGRATE_ON_START,
    },
    dataDir: env.DATA_DIR,
    secrets: {
      APP_SECRET: secretOf('APP_SECRET'),
      KEY_ENCRYPTION_SECRET: secretOf('KEY_ENCRYPTION_SECRET'),
      PASSWORD_PEPPER: secretOf('PASSWORD_PEPPER'),
    },
    tokens: {
      accessTtl: env.ACCESS_TOKEN_TTL,
      issuer: env.JWT_ISSUER ?? publicBaseUrl,
      audience: env.JWT_AUDIENCE,
      algorithm: env.JWT_ALGORITHM,
      keyRotationDays: env.KEY_ROTATION_DAYS,
    },
    sessions: {
      idle: env.SESSION_IDLE_TTL,
      absolute: env.SESSION_TTL,
      perUser: env.SESSIONS_PER_USER,
      refreshGrace: env.REFRESH_GRACE,
      reauthenticationMaxAge: env.REAUTHENTICATION_MAX_AGE,
    },
    lockout: {
      limit: env.LOCKOUT_LIMIT,
      base: env.LOCKOUT_SECONDS,
      max: env.LOCKOUT_MAX_SECONDS,
      addressLimit: env.ADDRESS_FAILURE_LIMIT,
    },
    otp: {
      ttl: env.OTP_TTL,
      lock: env.OTP_LOCK_SECONDS,
      resend: env.OTP_RESEND_SECONDS,
      smsHourlyLimit: env.SMS_HOURLY_LIMIT,
    },
    messageLimits: { address: env.ADDRESS_MESSAGE_LIMIT, user: env.USER_MESSAGE_LIMIT },
    passwords: {
      minLength: env.PASSWORD_MIN_LENGTH,
      hasher: env.PASSWORD_HASHER,
      bcryptCost: env.BCRYPT_COST,
      hashingQueue: env.HASHING_QUEUE,
      invitationTtl: env.INVITATION_TTL,
      recoveryTtl: env.RECOVERY_TTL,
    },
    mail: toMail(env),
    sms: toSms(env),
    webhooks: {
      allowCidrs: env.WEBHOOK_ALLOW_CIDRS ?? (env.NODE_ENV === 'development' ? LOOPBACK : []),
      disableAfterDays: env.WEBHOOK_DISABLE_AFTER_DAYS,
    },
    admin: {
      email: env.ADMIN_EMAIL ?? (production ? null : 'admin@example.com'),
      password: env.ADMIN_PASSWORD ?? null,
    },
  };
}
