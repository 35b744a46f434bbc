import { BullModule, BullRegistrar } from '@nestjs/bullmq';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Outbox } from '../../src/platform/outbox/outbox.js';
import { Handlers } from '../../src/platform/jobs/handlers.js';
import { defineJob } from '../../src/platform/jobs/job.js';
import { EVENTS, MESSAGES } from '../../src/platform/jobs/queues.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { JobQueues } from '../../src/platform/jobs/job-queues.js';
import { JobStore } from '../../src/platform/jobs/job-store.js';
import { Jobs } from '../../src/platform/jobs/jobs.js';
import { queueWorkers } from '../../src/platform/jobs/queue-worker.js';
import { WORKER_HOSTS, Workers } from '../../src/platform/jobs/workers.js';
import { proxyTo, type DatabaseProxy } from '../support/database-proxy.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { flushRedis, hasRedisServer, OwnRedis, STORES } from '../support/redis.js';
import { openSql } from './fixture.js';

type Hosts = ConstructorParameters<typeof Workers>[1];

const WORK = defineJob<object>('test.work', EVENTS);

const WORKERS = queueWorkers(allInOne.queues);

@Module({})
class BackgroundModule {}

/** The workers of a process with nothing else in it. */
class Background {
  readonly handlers = new Handlers();
  /** Nothing is enqueued in a transaction here. */
  readonly jobs = new Jobs(this.handlers, {} as Outbox);
  readonly queues: JobQueues;
  isStopped = false;
  private stopping: Promise<void> | undefined;
  private context: INestApplicationContext | undefined;

  constructor(private readonly store: JobStore) {
    this.queues = new JobQueues(store, allInOne.queues);
  }

  async start(scheduleEvery = 60_000): Promise<void> {
    this.context = await NestFactory.createApplicationContext(
      {
        module: BackgroundModule,
        imports: [
          BullModule.forRoot({ ...this.store.options, extraOptions: { manualRegistration: true } }),
          BullModule.registerQueue(),
        ],
        providers: [
          { provide: Handlers, useValue: this.handlers },
          ...WORKERS,
          { provide: WORKER_HOSTS, useFactory: (...hosts) => hosts, inject: [...WORKERS] },
          {
            provide: Workers,
            useFactory: (registrar: BullRegistrar, hosts: Hosts) =>
              Object.assign(new Workers(registrar, hosts, this.jobs, this.queues), { scheduleEvery }),
            inject: [BullRegistrar, WORKER_HOSTS],
          },
        ],
      },
      { logger: false, abortOnError: false },
    );
  }

  /** Whether every worker has been told to take no more. */
  get isClosing(): boolean {
    return (
      this.context?.get<Hosts>(WORKER_HOSTS).every(({ worker }) => worker.closing !== undefined) ?? false
    );
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => {
      await this.context?.close();
      this.isStopped = true;
    })();
    return this.stopping;
  }
}

describe.each(STORES)('the workers, jobs in %s', (_, env) => {
  let url: string;
  let proxy: DatabaseProxy;
  let background: Background;
  let outside: { store: JobStore; queue: ReturnType<JobStore['openQueue']> };

  beforeEach(async () => {
    url = await cloneDatabase();
    await flushRedis();
    proxy = await proxyTo(env.REDIS_URL ?? url);
    const settings: Record<string, string> = env.REDIS_URL ? { REDIS_URL: proxy.url } : {};
    const storeUrl = env.REDIS_URL ? url : proxy.url;
    background = new Background(
      new JobStore(testConfig({ DATABASE_URL: url, ...settings }), storeUrl, 'test'),
    );
    const store = new JobStore(testConfig({ DATABASE_URL: url, ...env }), url, 'test');
    outside = { store, queue: store.openQueue(WORK.queue) };
  });
  afterEach(async () => {
    proxy.mend();
    await background.stop();
    proxy.close();
    await outside.queue.close();
    await outside.store.close();
  });

  async function add(): Promise<string> {
    const job = { queue: WORK.queue, handler: WORK.name, eventId: crypto.randomUUID(), data: {} };
    await background.queues.addAll([job]);
    return `${job.eventId}.${WORK.name}`;
  }

  const stateOf = async (id: string) => (await outside.queue.getJob(id))?.getState();

  it('set the schedules again when the store has lost them', async () => {
    let runs = 0;
    const tidy = defineJob<object>('test.tidy', EVENTS);
    background.jobs.every(3_600_000, tidy, async () => void (runs += 1));
    await background.start(100);
    await eventually(() => runs === 1);
    await eventually(async () => (await outside.queue.getActiveCount()) === 0);
    if (env.REDIS_URL) await flushRedis();
    else {
      const { sql, end } = await openSql(url);
      await sql('TRUNCATE bullmq.scheduler, bullmq.job CASCADE');
      await end();
    }
    await eventually(() => runs === 2);
    expect(await outside.queue.getJobSchedulersCount()).toBe(1);
  });

  it('A2, S99: make two further tries of messages at a time, so that first tries find a place', async () => {
    const gate = Promise.withResolvers<void>();
    const message = defineJob<{ isBad?: boolean }>('test.message', MESSAGES);
    let [retrying, most, sent] = [0, 0, 0];
    background.jobs.handle(message, async ({ isBad }, { attempt }) => {
      sent += Number(!isBad);
      if (!isBad) return;
      if (attempt === 1) throw new Error('put off');
      most = Math.max(most, (retrying += 1));
      await gate.promise;
      retrying -= 1;
    });
    await background.start();
    const send = (count: number, data: object) =>
      background.queues.addAll(
        Array.from({ length: count }, () => ({
          queue: message.queue,
          handler: message.name,
          eventId: crypto.randomUUID(),
          data,
        })),
      );
    await send(30, { isBad: true });
    await eventually(() => retrying === 2, 15_000);
    await send(10, {});
    await eventually(() => sent === 10, 15_000);
    expect(most).toBe(2);
    gate.resolve();
  });

  describe('when they are stopped', () => {
    let gate: PromiseWithResolvers<void>;
    let running: number;

    beforeEach(async () => {
      gate = Promise.withResolvers();
      running = 0;
      background.jobs.handle(WORK, () => {
        running += 1;
        return gate.promise;
      });
      await background.start();
    });
    afterEach(() => gate.resolve());

    async function expectToGoOn(milliseconds: number): Promise<void> {
      const since = performance.now();
      await eventually(() => background.isStopped || performance.now() - since > milliseconds);
      expect(background.isStopped).toBe(false);
    }

    it('R16: finish what runs and write down its end', async () => {
      const id = await add();
      await eventually(() => running === 1);
      const stopped = background.stop();
      await eventually(() => background.isClosing);
      await expectToGoOn(300);
      gate.resolve();
      await stopped;
      expect(await stateOf(id)).toBe('completed');
    });

    it('R16: finish it as well when the store is away meanwhile', async () => {
      const id = await add();
      await eventually(() => running === 1);
      proxy.cut();
      const stopped = background.stop();
      await expectToGoOn(1_000);
      proxy.mend();
      await eventually(() => background.isClosing);
      gate.resolve();
      await stopped;
      expect(await stateOf(id)).toBe('completed');
    });

    it('R16: do not wait for a store that is away when nothing runs', async () => {
      gate.resolve();
      const id = await add();
      await eventually(async () => (await stateOf(id)) === 'completed');
      proxy.cut();
      void background.stop();
      await eventually(() => background.isStopped, 3_000);
    });
  });
});

(hasRedisServer ? it : it.skip)('R9: a stop does not wait for a Redis that answers nothing', async () => {
  const redis = await OwnRedis.start();
  const url = await cloneDatabase();
  const background = new Background(
    new JobStore(testConfig({ DATABASE_URL: url, REDIS_URL: redis.url }), url, 'test'),
  );
  try {
    await background.start();
    await eventually(() => background.queues.isReachable());
    redis.freeze();
    void background.stop();
    await eventually(() => background.isStopped, 8_000);
  } finally {
    redis.thaw();
    await background.stop();
    await redis.remove();
  }
});
