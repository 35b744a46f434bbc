import { RedisConnection } from '../../src/platform/redis/redis.js';
import { type TestApp, startApp } from './app.js';
import { eventually } from './eventually.js';
import { flushRedis } from './redis.js';

/** Two instances of the service on one database and, if configured, one Redis. */
export interface Cluster {
  readonly a: TestApp;
  readonly b: TestApp;
  close(): Promise<void>;
}

/** Starts both, on a fresh database or on `databaseUrl`, and waits until they have reached Redis, emptied before. */
export async function startCluster(
  env: Readonly<Record<string, string>> = {},
  databaseUrl?: string,
): Promise<Cluster> {
  await flushRedis(env.REDIS_URL);
  const a = await startApp({ env, ...(databaseUrl !== undefined && { databaseUrl }) });
  const b = await startApp({ env, databaseUrl: a.databaseUrl });
  if (env.REDIS_URL !== undefined) {
    for (const { app } of [a, b]) {
      const redis = app.get(RedisConnection);
      await eventually(async () => (await redis.try((client) => client.ping())) === 'PONG');
    }
  }
  return {
    a,
    b,
    close: async () => {
      await b.close();
      await a.close();
    },
  };
}

/** Calls `request` so often, all before any has been answered. */
export function together<T>(times: number, request: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => request(index)));
}

/** How many there are of each value. */
export function tally(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
