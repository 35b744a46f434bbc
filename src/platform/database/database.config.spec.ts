import { DatabaseConfig } from '../database/database.config.js';
import { platformConfig } from '../../../test/support/environment.js';

const REDIS = { REDIS_URL: 'redis://127.0.0.1:6379' };
const URL = 'postgres://gatehouse@db.internal/gatehouse';

const sharesOf = (env: Record<string, string>) => platformConfig(env).get(DatabaseConfig).connections;
const total = (env: Record<string, string>) => {
  const { application, jobs, outbox } = sharesOf(env);
  return application + jobs + outbox;
};

describe('F6: DATABASE_POOL_SIZE', () => {
  it.each<[string, Record<string, string>, number, number]>([
    ['of a process that keeps jobs in Postgres', {}, 20, 8],
    ['of a worker that does', { SERVICE: 'worker' }, 20, 8],
    ['of one that keeps them in Redis', REDIS, 10, 3],
    ['of an API alone', { WORKER: 'off' }, 10, 2],
  ])('is the number of all connections %s', (_, env, byDefault, least) => {
    expect(total(env)).toBe(byDefault);
    for (const size of [least, least + 1, 12, 500]) {
      const shares = sharesOf({ ...env, DATABASE_POOL_SIZE: String(size) });
      expect(shares.application + shares.jobs + shares.outbox).toBe(size);
      expect(shares.application).toBeGreaterThanOrEqual(2);
    }
    expect(() => sharesOf({ ...env, DATABASE_POOL_SIZE: String(least - 1) })).toThrow(
      new RegExp(`DATABASE_POOL_SIZE must be (at least|between) ${least} `),
    );
  });

  it('leaves most of them to requests', () => {
    expect(sharesOf({})).toEqual({ application: 11, jobs: 8, outbox: 1 });
    expect(sharesOf({ DATABASE_POOL_SIZE: '100' })).toEqual({ application: 91, jobs: 8, outbox: 1 });
    expect(sharesOf({ DATABASE_POOL_SIZE: '8' })).toEqual({ application: 2, jobs: 5, outbox: 1 });
  });
});

describe('F1: a URL of Postgres', () => {
  it.each([
    ['options=-c%20search_path%3Dapp', 'search_path'],
    ['options=-c%20work_mem=64MB%20-cDateStyle=German', 'DateStyle'],
    ['options=--statement-timeout=0', 'statement-timeout'],
    ['statement_timeout=1', 'statement_timeout'],
    ['query_timeout=1', 'query_timeout'],
    ['sslmode=verify-full&lock_timeout=1', 'lock_timeout'],
  ])('may not set what is ours to set: %s', (query, name) => {
    const fault = `must not set ${name}: the service sets it itself`;
    expect(() => platformConfig({ DATABASE_URL: `${URL}?${query}` })).toThrow(`DATABASE_URL ${fault}`);
    const direct = { DATABASE_URL: URL, DATABASE_DIRECT_URL: `${URL}?${query}` };
    expect(() => platformConfig(direct)).toThrow(`DATABASE_DIRECT_URL ${fault}`);
  });

  it.each(['options=-c%20work_mem%3D64MB', 'sslmode=verify-full', 'application_name=mine'])(
    'may say the rest: %s',
    (query) => {
      expect(platformConfig({ DATABASE_URL: `${URL}?${query}` }).get(DatabaseConfig).url).toBe(
        `${URL}?${query}`,
      );
    },
  );

  it('that leads past a pooler is of no use alone', () => {
    expect(() => platformConfig({ DATABASE_DIRECT_URL: URL })).toThrow(
      'DATABASE_DIRECT_URL is of no use without DATABASE_URL',
    );
  });
});
