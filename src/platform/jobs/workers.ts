import { BullRegistrar } from '@nestjs/bullmq';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { QUEUE_WORKERS } from './queue-worker.js';
import { JobQueues } from './job-queues.js';
import { Jobs } from './jobs.js';

export const WORKER_HOSTS = Symbol('the workers of the queues');

/** Jobs that run when the process is told to stop may take this long. Milliseconds. */
const FINISH_WITHIN = 20_000;

type WorkerHostOfQueue = InstanceType<(typeof QUEUE_WORKERS)[number]>;

/** Starts the workers once every module has said what it handles, and stops them before the database goes. */
@Injectable()
export class Workers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private isRunning = false;

  constructor(
    private readonly registrar: BullRegistrar,
    @Inject(WORKER_HOSTS) private readonly hosts: readonly WorkerHostOfQueue[],
    private readonly jobs: Jobs,
    private readonly queues: JobQueues,
  ) {}

  onApplicationBootstrap(): void {
    this.registrar.register();
    this.isRunning = true;
    void this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.isRunning) return;
    this.isRunning = false;
    // A store that is away would be waited for until it is back.
    const byForce = !(await this.queues.isReachable());
    const closed = Promise.all(this.hosts.map(({ worker }) => worker.close(byForce)));
    // What has not finished by then is found stalled, and taken by another worker.
    await Promise.race([closed, delay(FINISH_WITHIN, undefined, { ref: false })]);
    await this.queues.close();
  }

  /** Again and again until the store answers; the process does not wait for it. */
  private async schedule(): Promise<void> {
    for (const { job, every } of this.jobs.schedules()) {
      while (this.isRunning) {
        try {
          await this.queues.schedule(job.queue, job.name, every);
          break;
        } catch (error) {
          if (!this.isRunning) return;
          this.logger.warn(`${job.name} could not be scheduled; trying again`, error);
          await delay(5_000, undefined, { ref: false });
        }
      }
    }
  }
}
