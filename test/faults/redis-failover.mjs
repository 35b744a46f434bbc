// R33: Redis fails over behind one address: the primary becomes a replica and goes on answering on the connections there
// are. Nothing that was ended comes back, and jobs, versions and the probe go on within seconds.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually, ms, seconds } from '../support/drill-tools.mjs';
import { FaultProxy } from '../support/fault-proxy.mjs';
import { freePort } from '../support/free-port.mjs';
import { administeredService } from '../support/json-client.mjs';

export const id = 'R33';
export const perStore = false;
export const limit = 180_000;

const AGAIN_WITHIN = 5_000;

async function redisServer(rig) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-drill-'));
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn('redis-server', settings, { stdio: 'ignore' });
  rig.defer(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 100, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  rig.defer(() => client.disconnect());
  await client.ping();
  return { port, client };
}

const statusOf = async (service, token) =>
  (await fetch(`${service.url}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } })).status;

async function signIn(service, body) {
  const response = await fetch(`${service.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()).access_token;
}

async function logOut(service, token) {
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await fetch(`${service.url}/api/v1/auth/logout`, { method: 'POST', headers });
  if (status !== 204) throw new Error(`logout answered ${status}`);
}

/** The roles are swapped; who asks for the address gets the new primary, and open connections stay where they are. */
async function swap(from, to, proxy) {
  await to.client.replicaof('NO', 'ONE');
  await from.client.replicaof('127.0.0.1', String(to.port));
  proxy.leadTo('127.0.0.1', to.port);
}

export async function run(rig, { isQuick }) {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    return { isSkipped: true, figure: 'there is no redis-server to start' };
  }
  const [first, second] = [await redisServer(rig), await redisServer(rig)];
  await second.client.replicaof('127.0.0.1', String(first.port));
  const proxy = await FaultProxy.start('127.0.0.1', first.port);
  rig.defer(() => proxy.close());
  const database = await rig.database();
  const REDIS_URL = `redis://127.0.0.1:${proxy.port}`;
  const { service: a, createUser } = await administeredService(rig, database, { REDIS_URL });
  const b = await rig.service({ DATABASE_URL: database.url, REDIS_URL });
  const credentials = { username: 'admin@example.com', password: 'correct horse battery staple' };

  let undone = 0;
  let latest = 0;
  let created = 0;
  let back = 0;
  const published = async () =>
    (await database.sql('SELECT count(*)::int AS n FROM outbox WHERE published_at IS NULL'))[0].n === 0;
  const queues = async () => (await (await fetch(`${b.url}/api/v1/health/ready`)).json()).info.queues;
  const rounds = isQuick ? 2 : 6;
  for (let round = 0; round < rounds; round += 1) {
    const [from, to] = round % 2 === 0 ? [first, second] : [second, first];
    const tokens = [];
    while (tokens.length < 12) tokens.push(await signIn(a, credentials));
    for (const token of tokens) for (const service of [b, a, b]) await statusOf(service, token);
    for (const [i, token] of tokens.entries()) {
      if (i === 4) await swap(from, to, proxy);
      await logOut(a, token);
      const endedAt = performance.now();
      if ((await statusOf(b, token)) !== 401) {
        undone += 1;
        await eventually('a 401', async () => (await statusOf(b, token)) === 401, 61_000, 10);
        latest = Math.max(latest, performance.now() - endedAt);
      }
    }
    const swappedAt = performance.now();
    await createUser(`failover-${(created += 1)}@example.com`);
    await eventually('all jobs queued', published, 60_000, 50);
    await eventually('the probe', queues, 60_000, 50);
    back = Math.max(back, performance.now() - swappedAt);
    for (const token of tokens) if ((await statusOf(b, token)) !== 401) undone += 1;
  }
  return {
    isPassed: undone === 0 && back <= AGAIN_WITHIN && !a.isGone && !b.isGone,
    figure:
      `${rounds} failovers: ${undone} of ${rounds * 12} ended sessions were good once more on the other instance (for ` +
      `${ms(latest)} at most); events were queued and the probe was well again ${seconds(back)} later at most`,
  };
}
