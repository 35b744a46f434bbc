/** How many connections to Postgres a process opens at most, by what they are for. */
export interface ConnectionShares {
  /** Of requests, and of what jobs do. */
  readonly application: number;
  /** Of the queues, where they are in Postgres: one that listens for each, and those they work with. */
  readonly jobs: number;
  /** Hears the signal of the outbox. */
  readonly outbox: number;
}

/**
 * Settings of Postgres that we set on every connection (see `SESSIONS` in `database/`): nobody else's say. The name of a
 * connection does no harm.
 */
export type OwnSetting = (typeof OWN_SETTINGS)[number];
const OWN_SETTINGS = [
  'DateStyle',
  'IntervalStyle',
  'bytea_output',
  'extra_float_digits',
  'TimeZone',
  'standard_conforming_strings',
  'array_nulls',
  'transform_null_equals',
  'search_path',
  'default_transaction_isolation',
  'synchronous_commit',
  'idle_session_timeout',
  'transaction_timeout',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;
/** As the server compares names. */
const OWN_NAMES: ReadonlySet<string> = new Set(OWN_SETTINGS.map((name) => name.toLowerCase()));

type Environment = Readonly<Record<string, unknown>>;

/** How many queues the product has; a test holds it equal to those there are. */
export const LISTENING_QUEUES = 4;
const LEAST = { application: 2, jobs: 1 };
const MOST_FOR_JOBS = 4;

/** Shares out the connections of a process; without `size` as many as do well. */
export function connectionShares(env: Environment, size = defaultSize(env)): ConnectionShares {
  const { listening, outbox } = fixed(env);
  const rest = size - listening - outbox;
  const working = listening === 0 ? 0 : Math.min(Math.max(Math.round(rest / 4), LEAST.jobs), MOST_FOR_JOBS);
  return { application: rest - working, jobs: listening + working, outbox };
}

/** Sets of variables that cannot work. */
export function* databaseFaults(env: Environment): Iterable<[string, string]> {
  const { listening, outbox } = fixed(env);
  const least = listening + outbox + LEAST.application + (listening > 0 ? LEAST.jobs : 0);
  const size = Number(env.DATABASE_POOL_SIZE ?? least);
  if (size < least) {
    const why = listening > 0 ? 'does the background with jobs in Postgres' : 'does the background';
    yield ['DATABASE_POOL_SIZE', `must be at least ${least}${outbox > 0 ? ` where the process ${why}` : ''}`];
  }
  if (env.DATABASE_DIRECT_URL !== undefined && env.DATABASE_URL === undefined)
    yield ['DATABASE_DIRECT_URL', 'is of no use without DATABASE_URL'];
}

/** The name of what a URL of Postgres sets although it is ours to set, if any: in `options` or by itself. */
export function ownSettingIn(url: string): string | undefined {
  const { searchParams } = new URL(url);
  const options = searchParams.getAll('options').join(' ');
  const named = [...options.matchAll(/(?:-c\s*|--)([\w.-]+)\s*=/g)].map(([, name]) => name ?? '');
  return [...searchParams.keys(), ...named].find((name) => {
    const canonical = name.toLowerCase().replaceAll('-', '_');
    return canonical === 'query_timeout' || OWN_NAMES.has(canonical);
  });
}

/** What the background keeps open for good. */
function fixed(env: Environment): { listening: number; outbox: number } {
  const isWorker = env.SERVICE === 'worker' || env.WORKER !== 'off';
  if (!isWorker) return { listening: 0, outbox: 0 };
  return { listening: env.REDIS_URL === undefined ? LISTENING_QUEUES : 0, outbox: 1 };
}

function defaultSize(env: Environment): number {
  return fixed(env).listening > 0 ? 20 : 10;
}
