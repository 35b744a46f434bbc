// What the cases are measured on: the database server, Redis, and a rig for each that takes everything away again.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { freePort } from '../test/support/free-port.mjs';
import { Rig, stores } from '../test/support/rig.mjs';
import { openTestServer } from '../test/support/server.mjs';
import { describeMachine } from './machine.mjs';

/** The Redis of REDIS_URL, or one of our own where the program is installed. Null when there is none. */
async function openRedis(say) {
  const nothing = () => undefined;
  if (process.env.REDIS_URL) return nothing;
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    say('SKIPPED: cases with Redis. Install redis-server, or set REDIS_URL.');
    return nothing;
  }
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  // In a group of its own: an interrupt from the terminal must not end it before what is in it is taken away.
  const child = spawn('redis-server', settings, { stdio: 'ignore', detached: true });
  process.once('exit', () => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  process.env.REDIS_URL = `redis://127.0.0.1:${port}`;
  const client = new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
  client.on('error', nothing);
  await client.ping();
  client.disconnect();
  return async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
}

async function versions(url, redis) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SHOW server_version');
  await client.end();
  const { version: fastify } = JSON.parse(readFileSync('node_modules/fastify/package.json', 'utf8'));
  const [postgres] = rows[0].server_version.split(' ');
  return { postgres, redis: redis && (await redisVersion(redis)), fastify };
}

async function redisVersion(url) {
  const client = new Redis(url);
  const [, version] = /redis_version:(\S+)/.exec(await client.info('server'));
  client.disconnect();
  return version;
}

/** Opens it. `close` leaves nothing behind: no process, no database. */
export async function openBed(say) {
  const machine = describeMachine();
  const closeRedis = await openRedis(say);
  const server = await openTestServer();
  process.once('exit', () => server.closeSync());
  const redis = process.env.GATEHOUSE_TEST_REDIS;
  const open = new Set();
  return {
    redis,
    stores: stores(),
    machine: { ...machine, ...(await versions(server.url, redis)) },
    /** Runs `work` with what it needs, and takes that away again. */
    async withRig(store, work) {
      const rig = new Rig(server, store);
      open.add(rig);
      try {
        return await work(rig);
      } finally {
        if (open.delete(rig)) await rig.close();
      }
    },
    async close() {
      await Promise.all([...open].map((rig) => open.delete(rig) && rig.close()));
      await server.close();
      await closeRedis();
    },
  };
}
