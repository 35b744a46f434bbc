import { BullRegistrar } from '@nestjs/bullmq';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  Optional,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { isDoneWithin } from '../../common/within.js';
import { RedisConnection } from '../redis/redis.js';
import type { QueueWorker } from './queue-worker.js';
import { JobQueues } from './job-queues.js';
import { Jobs } from './jobs.js';

export const WORKER_HOSTS = Symbol('the workers of the queues');

/** Jobs that run when the process is told to stop may take this long. Milliseconds. */
const FINISH_WITHIN = 20_000;
const LOOK_AGAIN = 200;
const TRY_AGAIN = 5_000;

/** Starts the workers once every module has said what it handles, and stops them before the database goes. */
@Injectable()
export class Workers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private isRunning = false;
  private isStopping = false;
  /** How long schedules that the store has lost may be missing. Milliseconds. */
  scheduleEvery = 60_000;

  constructor(
    private readonly registrar: BullRegistrar,
    @Inject(WORKER_HOSTS) private readonly hosts: readonly QueueWorker[],
    private readonly jobs: Jobs,
    private readonly queues: JobQueues,
    @Optional() private readonly redis?: RedisConnection,
  ) {}

  onApplicationBootstrap(): void {
    void this.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    if (!this.isRunning) return this.queues.close();
    this.isRunning = false;
    const deadline = performance.now() + FINISH_WITHIN;
    const isAway = await this.isAwayWhenIdle(deadline);
    const closed = Promise.all(this.hosts.map(({ worker }) => worker.close(isAway)));
    // What has not finished by then is found stalled, and taken by another worker.
    const rest = Math.max(0, deadline - performance.now());
    await isDoneWithin(rest, closed);
    await this.queues.close();
  }

  /** Not before it is known that the jobs in Redis are this installation's. */
  private async begin(): Promise<void> {
    await this.redis?.whenUsable();
    if (this.isStopping) return;
    this.registrar.register();
    this.isRunning = true;
    await this.keepScheduled();
  }

  /** A store that is away would be waited for until it is back; one that is merely busy, until what runs has ended. */
  private async isAwayWhenIdle(deadline: number): Promise<boolean> {
    while (!(await this.queues.isReachable())) {
      if (this.hosts.every(({ isIdle }) => isIdle) || performance.now() > deadline) return true;
      await delay(LOOK_AGAIN, undefined, { ref: false });
    }
    return false;
  }

  /** Over and over: a store that has lost its data has lost the schedules with it. The process does not wait for it. */
  private async keepScheduled(): Promise<void> {
    while (this.isRunning) {
      try {
        for (const { job, every } of this.jobs.schedules()) {
          await this.queues.schedule(job.queue, job.name, every);
        }
        await delay(this.scheduleEvery, undefined, { ref: false });
      } catch (error) {
        if (!this.isRunning) return;
        this.logger.warn('The schedules could not be set; trying again', error);
        await delay(TRY_AGAIN, undefined, { ref: false });
      }
    }
  }
}
