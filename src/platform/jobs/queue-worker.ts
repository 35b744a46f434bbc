import { Injectable, Logger, type Type } from '@nestjs/common';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import { onceInAWhile } from '../logging/once-in-a-while.js';
import { Handlers } from './handlers.js';
import { HopelessJob } from './job.js';
import { durations, finished, UNKNOWN } from './jobs.metrics.js';
import type { QueueDefinition } from './queues.js';
import { tracing } from '../tracing/tracing.js';

/** A worker that is gone for this long gives its jobs to the others. Milliseconds. */
const LOCK = 30_000;
const STALLED_CHECK = 15_000;
/** Milliseconds until a further try that finds no place looks again; as much again at random. */
const LOOK_AGAIN = 1_000;

/** Takes the jobs of one queue and gives them to their handlers. */
@Injectable()
export abstract class QueueWorker extends WorkerHost {
  private readonly logger = new Logger('Jobs');
  private readonly sayLost = onceInAWhile((error: Error) =>
    this.logger.warn(`A worker lost its queue: ${error.message}`),
  );
  protected abstract readonly retriesAtOnce: number;
  private running = 0;
  private retrying = 0;

  constructor(private readonly handlers: Handlers) {
    super();
  }

  get isIdle(): boolean {
    return this.running === 0;
  }

  async process(job: Job<object>, token?: string): Promise<void> {
    const handler = this.handlers.find(job.name);
    // Tried again like any failure: during a roll-out another process may know it.
    if (!handler) throw new Error(`Nobody in this process handles ${job.name}`);
    const [id = ''] = (job.id ?? '').split('.');
    const isRetry = job.attemptsMade > 0;
    if (isRetry && this.retrying >= this.retriesAtOnce) {
      await job.moveToDelayed(Date.now() + LOOK_AGAIN * (1 + Math.random()), token);
      throw new DelayedError();
    }
    this.running += 1;
    this.retrying += Number(isRetry);
    const begin = performance.now();
    try {
      await this.traced(job, () => handler.run(job.data, { id, attempt: job.attemptsMade + 1 }));
      finished.inc({ job: handler.name, result: 'done' });
    } catch (error) {
      if (error instanceof HopelessJob) throw new UnrecoverableError(error.message);
      throw error;
    } finally {
      durations.of({ job: handler.name }).observe((performance.now() - begin) / 1_000);
      this.running -= 1;
      this.retrying -= Number(isRetry);
    }
  }

  /** As part of the trace that asked for it; what runs on a schedule is part of none. */
  private traced(job: Job<object>, work: () => Promise<void>): Promise<void> {
    const parent = job.opts.telemetry?.metadata;
    if (parent === undefined) return work();
    const attributes = {
      'messaging.operation.type': 'process',
      'messaging.destination.name': job.queueName,
      'gatehouse.job.attempt': job.attemptsMade + 1,
    };
    return tracing.run(`job ${job.name}`, { kind: 'consumer', parent, attributes }, work);
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    if (!job) return;
    const isDead = job.finishedOn !== undefined;
    const name = this.handlers.find(job.name)?.name ?? UNKNOWN;
    finished.inc({ job: name, result: isDead && !job.repeatJobKey ? 'dead' : 'failed' });
    if (job.repeatJobKey) {
      this.logger.warn(`${job.name} failed; its next turn comes as scheduled`, error);
    } else if (isDead) {
      this.logger.error(`${job.name} is a dead letter after ${job.attemptsMade} tries: ${job.id}`, error);
    } else this.logger.warn(`${job.name} failed and is tried again (try ${job.attemptsMade})`, error);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.sayLost(error);
  }
}

/** One class per queue, as Nest wants it. */
export function queueWorkers(queues: readonly QueueDefinition[]): readonly Type<QueueWorker>[] {
  return queues.map(({ name, atOnce, retriesAtOnce = Infinity }) => {
    @Processor(name, {
      concurrency: atOnce,
      lockDuration: LOCK,
      stalledInterval: STALLED_CHECK,
      maxStalledCount: 5,
    })
    class WorkerOfQueue extends QueueWorker {
      protected override readonly retriesAtOnce = retriesAtOnce;
    }
    return WorkerOfQueue;
  });
}
