import { type Job, Worker } from 'bullmq';
import { isNativeError } from 'node:util/types';
import type { Pool } from 'pg';
import { allInOne } from '../../src/apps/all-in-one.js';
import { JobQueues } from '../../src/platform/jobs/job-queues.js';
import { JobStore } from '../../src/platform/jobs/job-store.js';
import { proxyTo, type DatabaseProxy } from '../support/database-proxy.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { flushRedis, STORES } from '../support/redis.js';
import { openSql, untilSomebodyWaits } from './fixture.js';

it('R1: a connection that is lost in the middle of a statement does not end the process', async () => {
  const url = await cloneDatabase();
  const proxy = await proxyTo(url);
  const { sql, end } = await openSql(url);
  // Before the queues are opened: they look into this table once.
  await sql('BEGIN');
  await sql('LOCK TABLE bullmq.migration');
  const store = new JobStore(testConfig({ DATABASE_URL: proxy.url }), proxy.url);
  const queues = new JobQueues(store, allInOne.queues);
  try {
    const counts = queues.counts().catch((error: Error) => error);
    await untilSomebodyWaits(sql);
    proxy.cut();
    // Under Jest, an error of Node's own is of another realm.
    expect(isNativeError(await counts)).toBe(true);
    proxy.mend();
    await sql('ROLLBACK');
    // Another queue may still be losing the connection it had.
    await eventually(() => queues.counts().then(Boolean, () => false));
    expect((await queues.counts()).get('events')).toMatchObject({ failed: 0 });
  } finally {
    await queues.close();
    await end();
    proxy.close();
  }
});

/** From now on the timers of this process go off so many times as soon. */
function hurry(times: number): void {
  const real = setTimeout;
  const sooner = (work: () => void, after = 0) => real(work, after / times);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(sooner);
}

it.each(STORES)(
  'R3, R9: a connection of the queues that is open at one end only is given up for another within a minute, in %s',
  async (_, env) => {
    const url = await cloneDatabase();
    const proxy = await proxyTo(env.REDIS_URL ?? url);
    const settings: Record<string, string> = env.REDIS_URL
      ? { DATABASE_URL: url, REDIS_URL: proxy.url }
      : { DATABASE_URL: proxy.url };
    const queues = new JobQueues(
      new JobStore(testConfig(settings), settings.DATABASE_URL ?? '', 'test'),
      allInOne.queues,
    );
    let isOver = false;
    try {
      await queues.counts();
      hurry(20);
      proxy.mute();
      void queues
        .counts()
        .catch(() => undefined)
        .then(() => (isOver = true));
      await eventually(() => isOver, 60_000 / 20);
      await eventually(() =>
        queues.counts().then(
          () => true,
          () => false,
        ),
      );
    } finally {
      jest.restoreAllMocks();
      // What still waits for an answer fails by it: to close is to wait for that.
      if (!isOver || !env.REDIS_URL) proxy.cut();
      await queues.close();
      proxy.close();
    }
  },
);

it('R6: a statement of the queues is ended by the server when it takes too long or waits too long', async () => {
  const url = await cloneDatabase();
  const store = new JobStore(testConfig({ DATABASE_URL: url }), url, 'test');
  const pool = store.options.connection as unknown as Pool;
  const { rows } = await pool.query(
    `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock`,
  );
  await store.close();
  expect(rows).toEqual([{ statement: '10s', lock: '5s' }]);
});

it.each(STORES)(
  'a schedule is counted as one, not as a job that waits for its next try, nor as a dead letter when it fails, in %s',
  async (_, env) => {
    const url = await cloneDatabase();
    await flushRedis();
    const store = new JobStore(testConfig({ DATABASE_URL: url, ...env }), url, 'test');
    const queues = new JobQueues(store, allInOne.queues);
    const worker = new Worker('events', () => Promise.reject(new Error('not today')), store.options);
    const failed = new Set<string>();
    worker.on('failed', (job) => failed.add(job?.name ?? ''));
    const counts = async () => (await queues.counts()).get('events');
    try {
      await queues.schedule('events', 'test.tidy', 3_600_000);
      await queues.schedule('events', 'test.sweep', 3_600_000);
      await eventually(() => failed.size === 2);
      expect(await counts()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0, scheduled: 2 });
      await queues.addAll([
        { queue: 'events', handler: 'test.fail', eventId: crypto.randomUUID(), data: {} },
      ]);
      await eventually(async () => (await counts())?.delayed === 1);
    } finally {
      await worker.close();
      await queues.close();
    }
  },
);

describe.each(STORES)('a worker whose store is away, jobs in %s', (_, env) => {
  let proxy: DatabaseProxy;
  let store: JobStore;
  let queues: JobQueues;
  let worker: Worker;
  let done: string[];
  let completed: string[];
  let failures: Error[];

  beforeEach(async () => {
    const url = await cloneDatabase();
    proxy = await proxyTo(env.REDIS_URL ?? url);
    const settings: Record<string, string> = env.REDIS_URL
      ? { DATABASE_URL: url, REDIS_URL: proxy.url }
      : { DATABASE_URL: proxy.url };
    store = new JobStore(testConfig(settings), settings.DATABASE_URL ?? '', 'test');
    queues = new JobQueues(store, allInOne.queues);
    done = [];
    completed = [];
    failures = [];
  });
  afterEach(async () => {
    proxy.mend();
    await worker.close();
    await queues.close();
    proxy.close();
  });

  function startWorker(): void {
    worker = new Worker('events', async (job: Job) => void done.push(job.id ?? ''), store.options);
    worker.on('error', (error) => failures.push(error));
    worker.on('completed', (job) => completed.push(job.id ?? ''));
  }

  /** Has the worker do a job; the store may have come back a moment ago. */
  async function expectWork(): Promise<void> {
    const job = { queue: 'events', handler: 'test.work', eventId: crypto.randomUUID(), data: {} } as const;
    await eventually(async () => {
      try {
        await queues.addAll([job]);
        return true;
      } catch {
        return false;
      }
    }, 10_000);
    const id = `${job.eventId}.test.work`;
    await eventually(() => completed.includes(id), 10_000);
    // One whose end is not written down would be done again.
    expect(done.filter((one) => one === id)).toHaveLength(1);
  }

  it('works once it is there, when it was away at the start', async () => {
    proxy.cut();
    startWorker();
    await eventually(async () => failures.length > 0, 10_000);
    proxy.mend();
    await expectWork();
  });

  it('waits between its tries', async () => {
    startWorker();
    await expectWork();
    proxy.cut();
    const since = performance.now();
    await eventually(() => performance.now() - since > 2_500);
    // BullMQ waits a tenth of a second between two tries of some kinds; without waiting there are thousands.
    expect(failures.length).toBeLessThan(50);
    proxy.mend();
    await expectWork();
  });

  it('closes when it is just coming back', async () => {
    startWorker();
    await expectWork();
    proxy.cut();
    await eventually(() => failures.length > 0);
    proxy.mend();
    let isClosed = false;
    void worker.close().then(() => (isClosed = true));
    await eventually(() => isClosed);
  });
});
