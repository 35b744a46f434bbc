import { loadConfig } from '../../platform/config/config.js';
import { allInOne } from '../all-in-one.js';
import { CHECKS, examine } from './examine.js';
import type { Facts } from './facts.js';

const SETTINGS = {
  NODE_ENV: 'production',
  PUBLIC_BASE_URL: 'https://id.example.com',
  APP_SECRET: 'T4uHkq8Zs2VdYbN1xGm6Wc9RfPj3LoAe',
  KEY_ENCRYPTION_SECRET: 'b7QnXe2JrKw5ZtVh8YcMd1Sg4PuLf9Ta',
  PASSWORD_PEPPER: 'Hy3Lm7Vx1Bq9Dn5Kz2Tw8Rj4Gc6Pf0Us',
  DATABASE_URL: 'postgres://app:Rk2vUe8w@db.internal:5432/gatehouse',
  REDIS_URL: 'redis://cache.internal:6379',
  RABBITMQ_URL: 'amqp://app:Xo9pTz4m@broker.internal:5672',
  SMTP_URL: 'smtps://app:Wd6yHb1n@mail.internal:465',
  MAIL_FROM: 'Acme <no-reply@acme.io>',
  SMS_PROVIDER: 'twilio',
  TWILIO_ACCOUNT_SID: `AC${'0123456789abcdef'.repeat(2)}`,
  TWILIO_AUTH_TOKEN: 'Vb3nMq8sLc5xKd7z',
  TWILIO_FROM: '+4930123456',
  TRUST_PROXY: '10.0.0.0/16',
};

const configOf = (more: Readonly<Record<string, string>> = {}) =>
  loadConfig({ ...SETTINGS, ...more }, allInOne.config, () => ({}));

const database = {
  version: 180_001,
  encoding: 'UTF8',
  hasPlpgsql: true,
  isReplica: false,
  isEncrypted: true,
  isLocal: false,
  role: 'app',
  isSuperuser: false,
  connections: 97,
  skew: 12,
  skewUncertainty: 2,
  lacking: [],
  excess: [],
};
const redis = {
  version: '7.4.1',
  isCluster: false,
  isReplica: false,
  evictionPolicy: 'noeviction',
  maxMemory: 1_000_000,
  appendsToFile: true,
  hasSaved: true,
  refusal: null,
};
const content = {
  keys: [
    { state: 'gone', opens: true, age: 9e6 },
    { state: 'active', opens: true, age: 86_400 },
  ],
  outboxAge: 1,
  addresses: [
    { ip: '203.0.113.7', count: 3 },
    { ip: '198.51.100.2', count: 1 },
  ],
  hasAdministrator: true,
};

/** A production in which everything is as it should be. */
const healthy: Facts = {
  config: configOf(),
  isProduction: true,
  database,
  missing: null,
  content,
  direct: { isDirect: true },
  redis,
  broker: { isThere: true },
  mail: { isThere: true },
  publicAddress: { status: 200 },
  machine: { node: '24.9.0', timeZone: 'UTC', disks: [{ path: '/app', free: 5e9 }] },
};

/** What is found where only this differs; what is well left out. */
const found = (more: Partial<Facts>) =>
  examine({ ...healthy, ...more })
    .filter(({ status }) => status !== 'ok' && status !== 'skipped')
    .map(({ check, status }) => [check, status]);

const machine = healthy.machine;
const one = (key: object) => ({
  content: { ...content, keys: [{ state: 'active', opens: true, age: 1, ...key }] },
});

describe('F13: the doctor', () => {
  it('has nothing to say of a production as it should be', () => {
    expect(found({})).toEqual([]);
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  });

  it.each<[string, Partial<Facts>, [check: string, status: string]]>([
    ['a wrong DATABASE_URL', { database: { unknown: 'password failed' } }, ['database', 'fault']],
    ['a replica', { database: { ...database, isReplica: true } }, ['database', 'fault']],
    ['an old server', { database: { ...database, version: 140_012 } }, ['database-version', 'fault']],
    ['SQL_ASCII', { database: { ...database, encoding: 'SQL_ASCII' } }, ['database-encoding', 'fault']],
    ['no plpgsql', { database: { ...database, hasPlpgsql: false } }, ['database-extensions', 'fault']],
    [
      'a role that may not write',
      { database: { ...database, lacking: ['session'] } },
      ['database-role', 'fault'],
    ],
    ['a superuser', { database: { ...database, isSuperuser: true } }, ['database-role', 'warning']],
    [
      'a role that may rewrite the audit log',
      { database: { ...database, excess: ['UPDATE'] } },
      ['database-role', 'warning'],
    ],
    [
      'clear text on a network',
      { database: { ...database, isEncrypted: false } },
      ['database-tls', 'warning'],
    ],
    ['a pooler', { direct: { isDirect: false } }, ['database-direct', 'fault']],
    [
      'too few connections',
      { database: { ...database, connections: 12 } },
      ['database-connections', 'fault'],
    ],
    ['a pending migration', { missing: 'lacks 1 migrations' }, ['migrations', 'fault']],
    ['a clock that is off', { database: { ...database, skew: -3_000 } }, ['clock', 'warning']],
    ['a clock that is far off', { database: { ...database, skew: 60_000 } }, ['clock', 'fault']],
    ['no key that signs', one({ state: 'retiring' }), ['keys', 'fault']],
    ['a key of another secret', one({ opens: false }), ['keys', 'fault']],
    ['a rotation that is late', one({ age: 100 * 86_400 }), ['keys', 'warning']],
    ['no key yet', { content: { ...content, keys: [] } }, ['keys', 'warning']],
    ['events nobody takes', { content: { ...content, outboxAge: 3_600 } }, ['outbox', 'warning']],
    [
      'nobody who administers',
      { content: { ...content, hasAdministrator: false } },
      ['administrator', 'warning'],
    ],
    ['Redis that is away', { redis: { unknown: 'ECONNREFUSED' } }, ['redis', 'fault']],
    ['a cluster of Redis', { redis: { ...redis, isCluster: true } }, ['redis', 'fault']],
    ['Redis of another database', { redis: { ...redis, refusal: 'one is a copy' } }, ['redis', 'fault']],
    ['an old Redis', { redis: { ...redis, version: '6.0.16' } }, ['redis-version', 'fault']],
    ['eviction', { redis: { ...redis, evictionPolicy: 'allkeys-lru' } }, ['redis-eviction', 'fault']],
    [
      'eviction without a limit',
      { redis: { ...redis, evictionPolicy: 'allkeys-lru', maxMemory: 0 } },
      ['redis-eviction', 'warning'],
    ],
    ['no persistence', { redis: { ...redis, appendsToFile: false } }, ['redis-persistence', 'warning']],
    [
      'a disk of Redis that is full',
      { redis: { ...redis, hasSaved: false } },
      ['redis-persistence', 'fault'],
    ],
    ['a broker that is away', { broker: { unknown: 'ECONNREFUSED' } }, ['broker', 'fault']],
    ['a mail server that refuses', { mail: { unknown: '535 to AUTH PLAIN' } }, ['mail', 'fault']],
    [
      'a public address that leads nowhere',
      { publicAddress: { unknown: 'ENOTFOUND' } },
      ['public-address', 'warning'],
    ],
    ['a public address of something else', { publicAddress: { status: 404 } }, ['public-address', 'warning']],
    [
      'a disk that fills up',
      { machine: { ...machine, disks: [{ path: '/app', free: 5e8 }] } },
      ['disk', 'warning'],
    ],
    [
      'a full disk',
      {
        machine: {
          ...machine,
          disks: [
            { path: '/app', free: 1e7 },
            { path: '/data', free: 9e9 },
          ],
        },
      },
      ['disk', 'fault'],
    ],
    ['another time zone', { machine: { ...machine, timeZone: 'Europe/Berlin' } }, ['time-zone', 'warning']],
    ['an old Node', { machine: { ...machine, node: '22.11.0' } }, ['node', 'fault']],
    [
      'requests of the proxy alone',
      { content: { ...content, addresses: [{ ip: '10.0.3.4', count: 150 }] } },
      ['proxy', 'warning'],
    ],
    ['no proxy that is trusted', { config: configOf({ TRUST_PROXY: '' }) }, ['proxy', 'warning']],
    [
      'guest',
      { config: configOf({ RABBITMQ_URL: 'amqp://guest:guest@broker.internal' }) },
      ['credentials', 'warning'],
    ],
    [
      'the password of the bootstrap',
      { config: configOf({ ADMIN_EMAIL: 'a@acme.io', ADMIN_PASSWORD: 'Rk2vUe8wLq1z' }) },
      ['credentials', 'warning'],
    ],
    ['a log nobody reads', { config: configOf({ LOG_LEVEL: 'trace' }) }, ['log-level', 'warning']],
    ['a log that says nothing', { config: configOf({ LOG_LEVEL: 'silent' }) }, ['log-level', 'warning']],
    ['API pages', { config: configOf({ DOCS_ENABLED: 'true' }) }, ['api-pages', 'warning']],
    ['a sandbox', { config: configOf({ TWILIO_FROM: '+15005550006' }) }, ['text-messages', 'fault']],
    ['no mail server', { config: configOf({ SMTP_URL: '' }), mail: null }, ['mail', 'warning']],
    ['mail from nowhere', { config: configOf({ MAIL_FROM: 'no-reply@localhost' }) }, ['mail', 'warning']],
  ])('names %s, and nothing else', (_, facts, expected) => {
    expect(found(facts)).toEqual([expected]);
  });

  it('takes a development database on another machine for a setting that was left out', () => {
    const settings = { ...SETTINGS, NODE_ENV: 'development', DOCS_ENABLED: '' };
    const config = loadConfig(settings, allInOne.config, () => ({}));
    expect(found({ config, isProduction: false, publicAddress: null })).toEqual([['environment', 'warning']]);
  });

  it('says what to do of everything that is not well', () => {
    const none = { unknown: 'away' };
    const examined = examine({
      ...healthy,
      database: none,
      missing: none,
      content: none,
      direct: none,
      redis: none,
      broker: none,
      mail: none,
      publicAddress: none,
    });
    const lacking = examined.filter(
      ({ status, remedy }) => ['warning', 'fault'].includes(status) !== (remedy !== undefined),
    );
    expect(lacking).toEqual([]);
    expect(examined.filter(({ status }) => status === 'fault').map(({ check }) => check)).toEqual([
      'database',
      'redis',
      'broker',
      'mail',
    ]);
  });
});
