import { Redis } from 'ioredis';
import { RedisConnection } from '../../src/platform/redis/redis.js';
import { proxyTo } from '../support/database-proxy.js';
import { startApp, type TestApp } from '../support/app.js';
import { type Cluster, startCluster, tally } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import type { TestUser } from '../support/factory.js';
import { freePort, hasRedisServer, OwnRedis } from '../support/redis.js';
import { percentile, timed } from '../support/statistics.js';
import { refresh, type SignedIn, signIn, statusOf } from '../support/tokens.js';

if (!hasRedisServer)
  process.stdout.write('SKIPPED: tests of Redis outages (there is no redis-server to start).\n');

/** Milliseconds the first request of an outage may take, and how much slower than before the next ones may be. */
const FIRST = 250;
const SLOWER = 50;

(hasRedisServer ? describe : describe.skip)('when Redis fails', () => {
  let redis: OwnRedis;
  let cluster: Cluster;
  let admin: TestUser;
  beforeEach(async () => {
    redis = await OwnRedis.start();
    cluster = await startCluster({ REDIS_URL: redis.url });
    admin = await cluster.a.factory.superAdmin();
  });
  afterEach(async () => {
    redis.thaw();
    await cluster.close();
    await redis.remove();
  });

  /** Signed in, and known to both instances. */
  async function signedIn(): Promise<SignedIn> {
    const user = await cluster.a.factory.user({ signIn: false });
    const tokens = await signIn(cluster.a.api, user.email);
    for (const { api } of [cluster.a, cluster.b, cluster.a, cluster.b])
      expect(await statusOf(api, tokens.access)).toBe(200);
    return tokens;
  }

  /** Times of so many requests on the second instance, one after the other; all must be answered well. */
  async function timesOf(token: string, count: number): Promise<number[]> {
    const times: number[] = [];
    while (times.length < count) {
      times.push(await timed(async () => expect(await statusOf(cluster.b.api, token)).toBe(200)));
    }
    return times;
  }

  /** It is asked again, and holds versions again. */
  async function expectHealed(token: string): Promise<void> {
    const client = new Redis(redis.url);
    await client.flushall();
    await eventually(async () => {
      await statusOf(cluster.a.api, token);
      return (await client.keys('gatehouse:*:version:session:*')).length > 0;
    }, 8_000);
    client.disconnect();
  }

  const outages: Readonly<
    Record<string, { begin: () => Promise<void> | void; end: () => Promise<void> | void }>
  > = {
    'R7: stopped': { begin: () => redis.stop(), end: () => redis.start() },
    'R9: hung': { begin: () => redis.freeze(), end: () => redis.thaw() },
  };
  it.each(Object.entries(outages))(
    '%s: costs the first request little and the others nothing, reopens nothing, and heals by itself',
    async (_name, { begin, end }) => {
      const staying = await signedIn();
      const leaving = await signedIn();
      const quiet = await signedIn();
      const before = await timesOf(staying.access, 40);
      await begin();
      const [first = 0] = await timesOf(staying.access, 1);
      const during = await timesOf(staying.access, 40);
      expect(first).toBeLessThan(FIRST);
      expect(percentile(during, 0.5)).toBeLessThan(percentile(before, 0.5) + SLOWER);

      for (const { access } of [leaving, quiet]) {
        expect((await cluster.a.api.post('/auth/logout', { token: access })).status).toBe(204);
      }
      expect(await statusOf(cluster.b.api, leaving.access)).toBe(401);
      expect((await refresh(cluster.b.api, leaving.refresh)).status).toBe(401);

      await end();
      // One that was asked about during the outage, and one that was not.
      const statuses: number[] = [];
      const until = performance.now() + 1_500;
      while (performance.now() < until) {
        for (const { access } of [leaving, quiet]) statuses.push(await statusOf(cluster.b.api, access));
      }
      expect(tally(statuses)).toEqual({ 401: statuses.length });
      await expectHealed(staying.access);
    },
    30_000,
  );

  it('R8: emptied while running: what was ended stays ended, what was changed stays changed', async () => {
    const client = new Redis(redis.url);
    const reader = await cluster.a.factory.userWith('users.read');
    const roleId = await cluster.a.factory.roleId('User');
    for (let round = 0; round < 20; round += 1) {
      const tokens = await signedIn();
      const rotated = await refresh(cluster.a.api, tokens.refresh);
      await refresh(cluster.a.api, rotated.body.refresh_token);
      await cluster.a.api.post('/auth/logout', { token: tokens.access });
      await client.flushall();
      expect(await statusOf(cluster.b.api, tokens.access)).toBe(401);
      expect((await refresh(cluster.b.api, tokens.refresh)).status).toBe(401);
    }
    expect((await cluster.b.api.get('/users', { token: reader.token })).status).toBe(200);
    await cluster.a.api.patch(`/users/${reader.id}`, { token: admin.token, body: { roleId } });
    await client.flushall();
    expect((await cluster.b.api.get('/users', { token: reader.token })).status).toBe(403);
    client.disconnect();
  }, 30_000);

  it('R8: emptied while requests run: no late reader brings an ended session back, 40 rounds', async () => {
    const client = new Redis(redis.url);
    for (let round = 0; round < 40; round += 1) {
      const tokens = await signedIn();
      await Promise.all([
        cluster.a.api.post('/auth/logout', { token: tokens.access }),
        client.flushall(),
        ...[cluster.a, cluster.b, cluster.a, cluster.b].map(({ api }) => statusOf(api, tokens.access)),
      ]);
      for (const { api } of [cluster.b, cluster.a]) expect(await statusOf(api, tokens.access)).toBe(401);
    }
    client.disconnect();
  }, 30_000);

  it('S67: permission changes hold on the next request with Redis restarted between', async () => {
    const user = await cluster.b.factory.userWith();
    const rows = await cluster.a.sql<{ id: number }>(`SELECT id FROM privilege WHERE name = 'users.read'`);
    const path = `/roles/${user.roleId}/privileges/${rows[0]?.id}`;
    const statuses: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      if (round % 10 === 3) await redis.stop();
      if (round % 10 === 6) await redis.start();
      for (const method of ['PUT', 'DELETE']) {
        await cluster.a.api.call(method, path, { token: admin.token });
        statuses.push(
          `${method} ${(await cluster.b.api.get('/users?limit=1', { token: user.token })).status}`,
        );
      }
    }
    expect(tally(statuses)).toEqual({ 'PUT 200': 30, 'DELETE 403': 30 });
  }, 30_000);

  it.each(['cut', 'mute'] as const)(
    'R33: a session that an instance ends while it alone is cut off from Redis (%s) is over for the others within 3 s',
    async (partition) => {
      const proxy = await proxyTo(redis.url);
      const alone = await startApp({ databaseUrl: cluster.a.databaseUrl, env: { REDIS_URL: proxy.url } });
      try {
        const staying = await signedIn();
        const leaving = await signedIn();
        expect(await statusOf(alone.api, leaving.access)).toBe(200);
        proxy[partition]();
        expect((await alone.api.post('/auth/logout', { token: leaving.access })).status).toBe(204);
        await eventually(async () => (await statusOf(cluster.b.api, leaving.access)) === 401, 3_000);
        expect(await statusOf(cluster.b.api, staying.access)).toBe(200);
        expect(await statusOf(alone.api, staying.access)).toBe(200);
      } finally {
        await alone.close();
        proxy.close();
      }
    },
    30_000,
  );

  it('R7: what could not be published during an outage is published after it', async () => {
    const client = new Redis(redis.url);
    const { prefix } = cluster.a.app.get(RedisConnection).claim;
    const tokens = await signedIn();
    redis.freeze();
    expect((await cluster.a.api.post('/auth/logout', { token: tokens.access })).status).toBe(204);
    redis.thaw();
    await eventually(
      async () => (await client.get(`${prefix}version:session:${tokens.sessionId}`)) === '2',
      8_000,
    );
    client.disconnect();
  }, 20_000);
});

it('R10: away at the start: the service starts, serves, and uses Redis once it is there', async () => {
  const port = await freePort();
  let service: TestApp | undefined;
  const elapsed = await timed(async () => {
    service = await startApp({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
  });
  try {
    expect(elapsed).toBeLessThan(5_000);
    const user = await service?.factory.user();
    expect(service && (await statusOf(service.api, user?.token ?? ''))).toBe(200);
    expect((await service?.api.get('/health/ready'))?.status).toBe(200);
  } finally {
    await service?.close();
  }
});
