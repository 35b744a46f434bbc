/** How many connections to Postgres a process opens at most, by what they are for. */
export interface ConnectionShares {
  /** Of requests, and of what jobs do. */
  readonly application: number;
  /** Of the queues, where they are in Postgres: one that listens for each, and those they work with. */
  readonly jobs: number;
  /** Hears the signal of the outbox. */
  readonly outbox: number;
}

type Environment = Readonly<Record<string, unknown>>;

const LEAST = { application: 2, jobs: 1 };
const MOST_FOR_JOBS = 4;

/** Shares out the connections of a process with so many queues; without `size` as many as do well. */
export function connectionShares(env: Environment, queues: number, size?: number): ConnectionShares {
  const { listening, outbox } = fixed(env, queues);
  const rest = (size ?? (listening > 0 ? 20 : 10)) - listening - outbox;
  const working = listening === 0 ? 0 : Math.min(Math.max(Math.round(rest / 4), LEAST.jobs), MOST_FOR_JOBS);
  return { application: rest - working, jobs: listening + working, outbox };
}

/** Sets of variables that cannot work. */
export function* databaseFaults(env: Environment, queues: number): Iterable<[string, string]> {
  const { listening, outbox } = fixed(env, queues);
  const least = listening + outbox + LEAST.application + (listening > 0 ? LEAST.jobs : 0);
  const size = Number(env.DATABASE_POOL_SIZE ?? least);
  if (size < least) {
    const why = listening > 0 ? 'does the background with jobs in Postgres' : 'does the background';
    yield ['DATABASE_POOL_SIZE', `must be at least ${least}${outbox > 0 ? ` where the process ${why}` : ''}`];
  }
  if (env.DATABASE_DIRECT_URL !== undefined && env.DATABASE_URL === undefined)
    yield ['DATABASE_DIRECT_URL', 'is of no use without DATABASE_URL'];
}

/** What the background keeps open for good. */
function fixed(env: Environment, queues: number): { listening: number; outbox: number } {
  const isWorker = env.SERVICE === 'worker' || env.WORKER !== 'off';
  if (!isWorker) return { listening: 0, outbox: 0 };
  return { listening: env.REDIS_URL === undefined ? queues : 0, outbox: 1 };
}
