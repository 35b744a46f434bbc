import type { Job, Queue } from 'bullmq';
import { isDoneWithin } from '../../common/within.js';
import type { JobStore } from './job-store.js';
import { EVENTS, type QueueDefinition } from './queues.js';

const REACHABLE_WITHIN = 500;
/** Jobs removed by one statement. */
const BATCH = 5_000;

export interface QueuedJob {
  readonly queue: string;
  /** Name of the handler. */
  readonly handler: string;
  readonly eventId: string;
  readonly data: object;
  /** Of the trace it is part of. */
  readonly traceparent?: string | null;
}

/** A job that has failed for good. */
export interface DeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly handler: string;
  readonly reason: string;
  readonly attempts: number;
  readonly failedAt: Date;
}

/** The queues, as producers and operators see them. */
export class JobQueues {
  private readonly queues: ReadonlyMap<string, Queue>;

  constructor(
    private readonly store: JobStore,
    definitions: readonly QueueDefinition[],
  ) {
    this.queues = new Map(definitions.map(({ name }) => [name, store.openQueue(name)]));
  }

  /** Event and handler make the id: adding a job twice adds it once. */
  async addAll(jobs: readonly QueuedJob[]): Promise<void> {
    for (const [name, group] of Map.groupBy(jobs, ({ queue }) => queue)) {
      await this.queue(name).addBulk(
        group.map(({ handler, eventId, data, traceparent }) => ({
          name: handler,
          data,
          opts: {
            jobId: `${eventId}.${handler}`,
            ...(traceparent && { telemetry: { metadata: traceparent } }),
          },
        })),
      );
    }
  }

  /** Has `handler` run every so many milliseconds, once over all processes. */
  async schedule(queue: string, handler: string, every: number): Promise<void> {
    // What fails has its next turn: as dead letters these would bury those that matter.
    const template = { name: handler, data: {}, opts: { attempts: 1, removeOnFail: true } };
    await this.queue(queue).upsertJobScheduler(handler, { every }, template);
  }

  /** Newest first. */
  async deadLetters(limit = 100): Promise<DeadLetter[]> {
    const groups = await Promise.all(
      [...this.queues].map(async ([name, queue]) =>
        (await queue.getFailed(0, limit - 1)).map((job) => describe(name, job)),
      ),
    );
    return groups
      .flat()
      .toSorted((a, b) => b.failedAt.getTime() - a.failedAt.getTime())
      .slice(0, limit);
  }

  /** Has a dead letter tried again, with all its attempts. False when there is none of this id. */
  async retry(id: string): Promise<boolean> {
    for (const queue of this.queues.values()) {
      const job = await queue.getJob(id);
      if (job && (await job.isFailed())) {
        await job.retry('failed', { resetAttemptsMade: true });
        return true;
      }
    }
    return false;
  }

  /** How many jobs of each queue are waiting, running, waiting for their next try, dead, and on a schedule. */
  async counts(): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
    const entries = [...this.queues].map(async ([name, queue]) => {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      const scheduled = await queue.getJobSchedulersCount();
      // Each schedule has its next run among the delayed, but for the moment in which that runs.
      return [
        name,
        { ...counts, delayed: Math.max((counts.delayed ?? 0) - scheduled, 0), scheduled },
      ] as const;
    });
    return new Map(await Promise.all(entries));
  }

  /** Forgets the jobs that were done so many seconds ago: their repeat would be done again. */
  async removeFinished(olderThan: number): Promise<void> {
    for (const queue of this.queues.values()) {
      while ((await queue.clean(olderThan * 1_000, BATCH, 'completed')).length === BATCH);
    }
  }

  /** Whether the store answers within half a second. */
  async isReachable(): Promise<boolean> {
    const answer = this.queue(EVENTS.name).getJobCountByTypes('failed');
    return isDoneWithin(REACHABLE_WITHIN, answer).catch(() => false);
  }

  /** Closes the store as well: the workers must have been closed. */
  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close().catch(() => undefined)));
    await this.store.close();
  }

  private queue(name: string): Queue {
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`There is no queue ${name}`);
    return queue;
  }
}

function describe(queue: string, job: Job): DeadLetter {
  return {
    id: job.id ?? '',
    queue,
    handler: job.name,
    reason: job.failedReason,
    attempts: job.attemptsMade,
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  };
}
