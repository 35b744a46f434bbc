import { Redis } from 'ioredis';
import { networkOf } from '../../src/platform/http/client-address.js';
import { RateLimitStorage } from '../../src/platform/rate-limit/rate-limit.storage.js';
import { RedisConnection } from '../../src/platform/redis/redis.js';
import { startApp, type TestApp } from '../support/app.js';
import { startCluster, tally, together } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { describeWithRedis, REDIS_URL } from '../support/redis.js';
import { login } from '../support/tokens.js';

const WRONG = 'not the right password';
const FORWARDING = [
  'x-forwarded-for',
  'x-real-ip',
  'forwarded',
  'cf-connecting-ip',
  'true-client-ip',
  'x-client-ip',
];

let service: TestApp;
/** Instances beside it. */
const others: TestApp[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
  await service.close();
});

/** A forwarding header nobody has sent before. */
function forged(index: number): Record<string, string> {
  const name = FORWARDING[index % FORWARDING.length] ?? '';
  const address = `198.51.100.${index}`;
  return { [name]: name === 'forwarded' ? `for=${address}` : address };
}

it('S17, G10: forged forwarding headers change nothing: the limit comes at the same count', async () => {
  service = await startApp({ env: { RATE_LIMIT: '20', ADDRESS_FAILURE_LIMIT: '1000' } });
  const statuses: number[] = [];
  for (let index = 0; index < 24; index += 1) {
    statuses.push((await service.api.get('/users/me', { headers: forged(index) })).status);
  }
  expect(statuses).toEqual([...Array<number>(20).fill(401), ...Array<number>(4).fill(429)]);
});

it('S17: failures are counted by the socket, and the audit log and the session name it', async () => {
  service = await startApp({ env: { ADDRESS_FAILURE_LIMIT: '10' } });
  const user = await service.factory.user({ signIn: false });
  await login(service.api, user.email, 'correct horse battery staple', forged(0));
  const statuses: number[] = [];
  for (let index = 0; index < 12; index += 1) {
    statuses.push((await login(service.api, `nobody-${index}@example.com`, WRONG, forged(index))).status);
  }
  expect(tally(statuses)).toEqual({ 401: 10, 429: 2 });
  const ips = await service.sql<{ ip: string }>(
    'SELECT DISTINCT host(ip) AS ip FROM audit_log UNION SELECT DISTINCT host(ip) FROM session',
  );
  expect(ips).toEqual([{ ip: '127.0.0.1' }]);
});

it('S17: behind a trusted proxy the last address it did not write itself counts', async () => {
  service = await startApp({ env: { RATE_LIMIT: '20', TRUST_PROXY: '127.0.0.0/8, 10.0.0.0/8' } });
  const user = await service.factory.user({ signIn: false });
  const from = (chain: string) => ({ 'x-forwarded-for': chain });
  await login(
    service.api,
    user.email,
    'correct horse battery staple',
    from('8.8.8.8, 203.0.113.7, 10.1.2.3'),
  );
  const statuses: number[] = [];
  for (let index = 0; index < 21; index += 1) {
    const chain = `198.51.100.${index}, 203.0.113.7, 10.0.0.${index}`;
    const headers = { ...forged(index), ...from(chain) };
    statuses.push((await service.api.get('/users/me', { headers })).status);
  }
  expect(tally(statuses)).toEqual({ 401: 19, 429: 2 });
  expect((await service.api.get('/users/me', { headers: from('203.0.113.8') })).status).toBe(401);
  const ips = await service.sql<{ ip: string }>('SELECT host(ip) AS ip FROM session');
  expect(ips).toEqual([{ ip: '203.0.113.7' }]);
});

it('S18: all spellings of a route, all methods and whatever else is sent share one bucket', async () => {
  service = await startApp({ env: { RATE_LIMIT: '100' } });
  const { api } = service;
  const body = { username: 'nobody@example.com', password: WRONG };
  const calls = [
    () => api.get('/users/me'),
    () => api.get('/users/me?x=1'),
    () => api.get('/users/me?x=2'),
    () => api.get('/users/%6d%65'),
    () => api.call('HEAD', '/users/me'),
    () => api.get('/users/me', { headers: { 'x-original-url': '/other', host: 'other.test' } }),
    () => api.get('/roles'),
    () => api.post('/auth/login', { body }),
    () => api.post('/auth/login?x=3', { body: { ...body, extra: 'a' } }),
    () => api.post('/auth/login', { body: { ...body, email: 'fresh@example.com' } }),
    () => api.post('/auth/refresh', { body: { refresh_token: 'x', email: 'fresh@example.com' } }),
  ];
  const left: number[] = [];
  for (const call of calls) {
    left.push(Number(/"global";r=(\d+);/.exec(String((await call()).headers.ratelimit))?.[1]));
  }
  expect(left).toEqual(calls.map((_, index) => 99 - index));
});

it('S18: a login is counted by address and account, however the account is spelled', async () => {
  service = await startApp({ env: { LOGIN_RATE_LIMIT: '5' } });
  const user = await service.factory.user({ signIn: false });
  const spellings = [
    user.email,
    user.email.toUpperCase(),
    ` ${user.email}`,
    `${user.email}\t`,
    user.email,
    user.email,
  ];
  const statuses: number[] = [];
  for (const [index, username] of spellings.entries()) {
    statuses.push((await login(service.api, username, WRONG, forged(index))).status);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  expect((await login(service.api, 'another@example.com', WRONG)).status).toBe(401);
});

it('S18: IPv6 is counted by /64', async () => {
  const network = '2001:db8:1:2::/64';
  for (const address of [
    '2001:db8:1:2::1',
    '2001:0db8:0001:0002:ffff:ffff:ffff:ffff',
    '2001:DB8:1:2:3:4:5:6',
    '2001:db8:1:2::%eth0',
  ]) {
    expect(networkOf(address)).toBe(network);
  }
  expect(networkOf('2001:db8:1:3::1')).not.toBe(network);
  expect(networkOf('::1')).toBe('0:0:0:0::/64');
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:192.0.2.1']) {
    expect(networkOf(address)).toBe('192.0.2.1');
  }
  service = await startApp({ env: { RATE_LIMIT: '10', TRUST_PROXY: '127.0.0.1' } });
  const answers = await together(12, (index) =>
    service.api.get('/users/me', { headers: { 'x-forwarded-for': `2001:db8:1:2:${index}::${index}` } }),
  );
  expect(tally(answers.map(({ status }) => status))).toEqual({ 401: 10, 429: 2 });
});

it('S20: 429 says in every way a client may ask for how long to wait', async () => {
  service = await startApp({ env: { RATE_LIMIT: '2' } });
  const first = await service.api.get('/users/me');
  expect(first.headers['ratelimit-policy']).toBe('"global";q=2;w=60');
  expect(first.headers.ratelimit).toMatch(/^"global";r=1;t=(?:60|59)$/);
  await service.api.get('/users/me');
  const answer = await service.api.get('/users/me');
  expect(answer.status).toBe(429);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50);
  expect(answer.headers.ratelimit).toBe(`"global";r=0;t=${String(answer.headers['retry-after'])}`);
  expect(answer.body).toMatchObject({
    type: 'urn:gatehouse:error:rate_limited',
    status: 429,
    code: 'rate_limited',
  });
  // Probes are asked often.
  expect((await service.api.get('/health/live')).status).toBe(200);
});

it('S20: at login both limits are told', async () => {
  service = await startApp({ env: { LOGIN_RATE_LIMIT: '5', RATE_LIMIT: '50' } });
  const answer = await login(service.api, 'nobody@example.com', WRONG);
  expect(answer.headers['ratelimit-policy']).toBe('"global";q=50;w=60, "login";q=5;w=60');
  expect(answer.headers.ratelimit).toMatch(/^"global";r=49;t=\d+, "login";r=4;t=\d+$/);
});

it('S20: who waits as long as was said gets through', async () => {
  service = await startApp();
  const storage = new RateLimitStorage(service.app.get(RedisConnection));
  const hit = () => storage.increment('key', 1_000, 1);
  await hit();
  const blocked = await hit();
  expect(blocked).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 });
  const refusedAt = performance.now();
  await eventually(() => performance.now() - refusedAt >= blocked.timeToBlockExpire * 1_000);
  expect((await hit()).isBlocked).toBe(false);
});

it('S21: one address that tries many accounts once each is stopped at thirty', async () => {
  service = await startApp({ env: { ADDRESS_FAILURE_LIMIT: '30' } });
  const users: { readonly email: string }[] = [];
  for (let index = 0; index < 20; index += 1) users.push(await service.factory.user({ signIn: false }));
  const names = Array.from(
    { length: 100 },
    (_, index) => users[index]?.email ?? `nobody-${index}@example.com`,
  );
  const answers = await together(100, (index) => login(service.api, names[index] ?? '', WRONG));
  expect(tally(answers.map(({ status }) => status))).toEqual({ 401: 30, 429: 70 });
  const refused = await login(service.api, users[0]?.email ?? '');
  expect([refused.status, refused.body]).toEqual([
    429,
    expect.objectContaining({ code: 'too_many_attempts' }),
  ]);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(500);
});

it('S21: those who get in do not use up the allowance of their address', async () => {
  service = await startApp({ env: { ADDRESS_FAILURE_LIMIT: '5' } });
  const user = await service.factory.user({ signIn: false });
  for (let index = 0; index < 12; index += 1) expect((await login(service.api, user.email)).status).toBe(200);
});

describeWithRedis('with a shared Redis', () => {
  const env = { RATE_LIMIT: '20', REDIS_URL: REDIS_URL ?? '' };

  it('S19: the limit is one for all instances, and outlives them', async () => {
    const cluster = await startCluster(env);
    service = cluster.a;
    others.push(cluster.b);
    const statuses: number[] = [];
    for (let index = 0; index < 50; index += 2) {
      const pair = await together(2, (one) => (one === 0 ? cluster.a : cluster.b).api.get('/users/me'));
      statuses.push(...pair.map(({ status }) => status));
    }
    expect(tally(statuses)).toEqual({ 401: 20, 429: 30 });
    await others.pop()?.close();
    const restarted = await startApp({ databaseUrl: cluster.a.databaseUrl, env });
    others.push(restarted);
    expect((await restarted.api.get('/users/me')).status).toBe(429);

    const client = new Redis(env.REDIS_URL);
    for (const key of await client.keys('gatehouse:*:rate:*')) await client.pexpire(key, 1_000);
    const refused = await restarted.api.get('/users/me');
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    await eventually(async () => (await restarted.api.get('/users/me')).status === 401, 2_000);
    client.disconnect();
  });
});
