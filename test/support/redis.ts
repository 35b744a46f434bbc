import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';

const shared = process.env.GATEHOUSE_TEST_REDIS;

/** A logical database of this Jest worker on the Redis of the run; undefined when there is none. */
export const REDIS_URL = shared
  ? Object.assign(new URL(shared), { pathname: `/${Number(process.env.JEST_WORKER_ID ?? '1') % 16}` }).href
  : undefined;

/** With what a suite that holds with and without Redis is repeated. The skip is announced once, by the run. */
export const STORES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['Postgres alone', {}],
  ...(REDIS_URL ? [['Redis', { REDIS_URL }] as const] : []),
];

/** `describe` of suites about the Redis of the run. */
export const describeWithRedis = REDIS_URL ? describe : describe.skip;

/** Empties the logical database of this worker: as if Redis had lost its data. */
export async function flushRedis(url: string | undefined = REDIS_URL): Promise<void> {
  if (url === undefined) return;
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  await client.flushdb();
  client.disconnect();
}

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of the test's own, to be stopped, frozen and started again. */
export class OwnRedis {
  private child: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'));

  private constructor(
    readonly port: number,
    private readonly more: readonly string[],
  ) {}

  /** `more`: settings as on the command line of redis-server. */
  static async start(...more: readonly string[]): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort(), more);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty, at the same address. */
  async start(): Promise<void> {
    const settings = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      this.folder,
      ...this.more,
    ];
    this.child = spawn('redis-server', settings, { stdio: 'ignore' });
    await eventually(async () => {
      const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => {});
      try {
        await client.connect();
        return (await client.ping()) === 'PONG';
      } catch {
        return false;
      } finally {
        client.disconnect();
      }
    });
  }

  /** What is in it. */
  async keys(): Promise<string[]> {
    const client = new Redis(this.url, { maxRetriesPerRequest: 1 });
    try {
      return await client.keys('*');
    } finally {
      client.disconnect();
    }
  }

  /** It goes on listening and answers nothing. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
