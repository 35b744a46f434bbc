import { Redis } from 'ioredis';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { SYSTEM, Transactions } from '../../src/platform/database/transactions.js';
import {
  readInstallation,
  renewInstallation,
} from '../../src/platform/installation/installation.repository.js';
import { RedisConnection } from '../../src/platform/redis/redis.js';
import { RedisClaim } from '../../src/platform/redis/redis-claim.js';
import { startApp, type TestApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { hasRedisServer, OwnRedis } from '../support/redis.js';
import { ServiceProcess } from '../support/service-process.js';
import { signIn, statusOf } from '../support/tokens.js';

if (!hasRedisServer)
  process.stdout.write('SKIPPED: tests of installations on one Redis (there is no redis-server to start).\n');

type Health = { status: string; info: Record<string, object>; error: Record<string, object> };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()?.close();
});

async function redisServer(...settings: readonly string[]): Promise<OwnRedis> {
  const redis = await OwnRedis.start(...settings);
  open.push({ close: () => redis.remove() });
  return redis;
}

async function app(databaseUrl: string, redisUrl: string): Promise<TestApp> {
  const service = await startApp({ databaseUrl, env: { REDIS_URL: redisUrl } });
  open.push(service);
  return service;
}

/** What a process says that does not start; it takes its connections with it. */
async function refusalOfStart(databaseUrl: string, redisUrl: string): Promise<string> {
  const service = ServiceProcess.launch({ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl });
  open.push({ close: () => service.kill() });
  expect(await service.exit()).toBe(1);
  return service.output;
}

async function withDatabase<T>(
  url: string,
  work: (dataSource: ReturnType<typeof createDataSource>) => Promise<T>,
): Promise<T> {
  const dataSource = createDataSource(url, { entities: [], migrations: [] }, testConfig());
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Makes the database at `copy` a copy of the one at `original`, as far as Redis is concerned. */
async function copyInstallation(original: string, copy: string): Promise<void> {
  const { id } = await withDatabase(original, readInstallation);
  await withDatabase(copy, (dataSource) => dataSource.query('UPDATE installation SET id = $1', [id]));
}

async function demandPassword(url: string): Promise<void> {
  const client = new Redis(url);
  await client.config('SET', 'requirepass', 'cAnArY');
  client.disconnect();
}

const health = async (service: TestApp) => (await service.api.get<Health>('/health/ready')).body;

(hasRedisServer ? describe : describe.skip)('installations on one Redis', () => {
  it('F9, R35: see nothing of each other: sessions, roles, jobs', async () => {
    const { url } = await redisServer();
    const one = await app(await cloneDatabase('one'), url);
    const two = await app(await cloneDatabase('two'), url);
    const [first, second] = [
      await one.factory.user({ signIn: false }),
      await two.factory.user({ signIn: false }),
    ];
    expect(first.id).toBe(second.id);
    const admin = await one.factory.superAdmin();
    const [ours, theirs] = [await signIn(one.api, first.email), await signIn(two.api, second.email)];
    expect(ours.sessionId).not.toBe(undefined);
    for (const { api } of [one, one]) expect(await statusOf(api, ours.access)).toBe(200);
    for (const { api } of [two, two]) expect(await statusOf(api, theirs.access)).toBe(200);
    await one.api.patch(`/users/${first.id}`, { token: admin.token, body: { isActive: false } });
    for (let round = 0; round < 5; round += 1) {
      expect(await statusOf(two.api, theirs.access)).toBe(200);
      expect(await statusOf(one.api, ours.access)).toBe(401);
    }
    const others = await two.factory.superAdmin();
    const invite = (service: TestApp, token: string, email: string) =>
      service.api.post('/users', { token, body: { firstName: 'Invited', roleId: admin.roleId, email } });
    for (let i = 0; i < 10; i += 1) {
      expect((await invite(one, admin.token, `one-${i}@example.com`)).status).toBe(201);
      expect((await invite(two, others.token, `two-${i}@example.com`)).status).toBe(201);
    }
    for (let i = 0; i < 10; i += 1) {
      expect((await one.messageTo(`one-${i}@example.com`)).to).toBe(`one-${i}@example.com`);
      expect((await two.messageTo(`two-${i}@example.com`)).to).toBe(`two-${i}@example.com`);
    }
    const prefixes = [one, two].map((service) => service.app.get(RedisConnection).claim.prefix);
    const client = new Redis(url);
    const keys = await client.keys('*');
    client.disconnect();
    expect(new Set(prefixes).size).toBe(2);
    expect(keys.filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)))).toEqual([]);
  }, 60_000);

  it('F9, R35: a copy of a database is refused, says why, and works once it has an id of its own', async () => {
    const { url } = await redisServer();
    const original = await app(await cloneDatabase('one'), url);
    const copyUrl = await cloneDatabase('two');
    await copyInstallation(original.databaseUrl, copyUrl);
    expect(await refusalOfStart(copyUrl, url)).toMatch(
      /REDIS_URL cannot be used: another database has the same installation id[^]*npm run cli -- installation renew[^]*take-over/,
    );
    await withDatabase(copyUrl, (dataSource) => new Transactions(dataSource).run(SYSTEM, renewInstallation));
    const copy = await app(copyUrl, url);
    expect((await health(copy)).info).toMatchObject({ queues: { status: 'up' } });
    expect((await health(original)).info).toMatchObject({ queues: { status: 'up' } });
  }, 60_000);

  it('F9: a database that takes the place of another is taken for it, and the other goes on without Redis', async () => {
    const { url } = await redisServer();
    const original = await app(await cloneDatabase('one'), url);
    const user = await original.factory.user();
    for (let i = 0; i < 3; i += 1) expect(await statusOf(original.api, user.token)).toBe(200);
    const restoredUrl = await cloneDatabase('two');
    await copyInstallation(original.databaseUrl, restoredUrl);
    const client = new Redis(url);
    await new RedisClaim(await withDatabase(restoredUrl, readInstallation)).takeOver(client);
    client.disconnect();
    const restored = await app(restoredUrl, url);
    expect((await restored.factory.user()).token).toEqual(expect.any(String));
    expect(await statusOf(original.api, user.token)).toBe(200);
    expect(original.app.get(RedisConnection).isConfigured).toBe(true);
    expect(await original.app.get(RedisConnection).canWrite()).toBe(false);
  }, 60_000);
});

(hasRedisServer ? describe : describe.skip)(
  'F10: REDIS_URL that cannot be used is refused at the start',
  () => {
    it.each([
      ['a cluster', ['--cluster-enabled', 'yes'], '', /leads to a Redis Cluster/],
      ['a database there is not', [], '/99', /has no database 99/],
      ['no password where one is asked for', [], '', /refuses its user or password/],
    ])(
      '%s',
      async (name, settings, path, reason) => {
        const redis = await redisServer(...settings);
        if (name.startsWith('no password')) await demandPassword(redis.url);
        const databaseUrl = await cloneDatabase('one');
        const refusal = await refusalOfStart(databaseUrl, redis.url + path);
        expect(refusal).toMatch(/^REDIS_URL cannot be used/);
        expect(refusal).toMatch(reason);
      },
      30_000,
    );

    it.each(['redis://localhost:6379/one', 'redis://localhost:6379/1/2', 'redis://localhost/-1'])(
      '%s',
      (url) => {
        expect(() => testConfig({ REDIS_URL: url })).toThrow(/REDIS_URL must have nothing but the number/);
      },
    );
  },
);

(hasRedisServer ? describe : describe.skip)('F10: a Redis that refuses commands', () => {
  it.each([
    ['for lack of memory', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ['as a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
    [
      'for lack of replicas',
      ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
      ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
    ],
  ])(
    '%s: requests are answered, revocation holds, the probe says so, and it heals',
    async (_, [begin = '', ...how], [end = '', ...back]) => {
      const redis = await redisServer();
      const service = await app(await cloneDatabase('one'), redis.url);
      const other = await app(service.databaseUrl, redis.url);
      const admin = await service.factory.superAdmin();
      const user = await service.factory.user({ signIn: false });
      const tokens = await signIn(service.api, user.email);
      for (const { api } of [service, other, service, other])
        expect(await statusOf(api, tokens.access)).toBe(200);
      const client = new Redis(redis.url);
      await client.call(begin, ...how);
      expect((await service.api.post('/auth/logout', { token: tokens.access })).status).toBe(204);
      await eventually(async () => (await statusOf(other.api, tokens.access)) === 401, 3_000);
      const email = service.factory.email();
      const body = { firstName: 'Invited', roleId: admin.roleId, email };
      expect((await service.api.post('/users', { token: admin.token, body })).status).toBe(201);
      await eventually(async () => 'queues' in (await health(service)).error, 5_000);
      expect((await service.api.get('/health/ready')).status).toBe(200);
      await client.call(end, ...back);
      client.disconnect();
      await eventually(async () => 'queues' in (await health(service)).info, 10_000);
      // Either may have taken the job.
      const isSent = () =>
        [service, other].some(({ mailbox }) => mailbox.list().some(({ to }) => to === email));
      await eventually(isSent, 15_000);
      expect(await statusOf(other.api, tokens.access)).toBe(401);
    },
    60_000,
  );
});
