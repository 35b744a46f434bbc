import { BullModule, BullRegistrar } from '@nestjs/bullmq';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OutboxSignal } from '../../src/platform/events/outbox-signal.js';
import { Handlers } from '../../src/platform/jobs/handlers.js';
import { defineJob } from '../../src/platform/jobs/job.js';
import { JobQueues } from '../../src/platform/jobs/job-queues.js';
import { JobStore } from '../../src/platform/jobs/job-store.js';
import { Jobs } from '../../src/platform/jobs/jobs.js';
import { QUEUE_WORKERS } from '../../src/platform/jobs/queue-worker.js';
import { WORKER_HOSTS, Workers } from '../../src/platform/jobs/workers.js';
import { proxyTo, type DatabaseProxy } from '../e2e/database-proxy.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { flushRedis, STORES } from '../support/redis.js';
import { openSql } from './fixture.js';

type Hosts = ConstructorParameters<typeof Workers>[1];

@Module({})
class BackgroundModule {}

/** The workers of a process with nothing else in it. */
class Background {
  readonly handlers = new Handlers();
  /** Nothing is enqueued in a transaction here. */
  readonly jobs = new Jobs(this.handlers, {} as OutboxSignal);
  readonly queues: JobQueues;
  private stopping: Promise<void> | undefined;
  private context: INestApplicationContext | undefined;

  constructor(private readonly store: JobStore) {
    this.queues = new JobQueues(store);
  }

  async start(scheduleEvery?: number): Promise<void> {
    this.context = await NestFactory.createApplicationContext(
      {
        module: BackgroundModule,
        imports: [
          BullModule.forRoot({ ...this.store.options, extraOptions: { manualRegistration: true } }),
          BullModule.registerQueue(),
        ],
        providers: [
          { provide: Handlers, useValue: this.handlers },
          ...QUEUE_WORKERS,
          { provide: WORKER_HOSTS, useFactory: (...hosts) => hosts, inject: [...QUEUE_WORKERS] },
          {
            provide: Workers,
            useFactory: (registrar: BullRegistrar, hosts: Hosts) =>
              new Workers(registrar, hosts, this.jobs, this.queues, scheduleEvery),
            inject: [BullRegistrar, WORKER_HOSTS],
          },
        ],
      },
      { logger: false, abortOnError: false },
    );
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => {
      await this.context?.close();
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
    background = new Background(new JobStore(testConfig({ DATABASE_URL: url, ...settings }), storeUrl));
    const store = new JobStore(testConfig({ DATABASE_URL: url, ...env }), url);
    outside = { store, queue: store.openQueue('events') };
  });
  afterEach(async () => {
    proxy.mend();
    await background.stop();
    proxy.close();
    await outside.queue.close();
    await outside.store.close();
  });

  it('set the schedules again when the store has lost them', async () => {
    let runs = 0;
    const tidy = defineJob<object>('test.tidy', 'events');
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
});
