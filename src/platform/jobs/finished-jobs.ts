import { Injectable, type OnModuleInit } from '@nestjs/common';
import { defineJob } from './job.js';
import { MAINTENANCE } from './queues.js';
import { JobQueues } from './job-queues.js';
import { REMEMBERED } from './job-store.js';
import { Jobs } from './jobs.js';

const REMOVE_FINISHED = defineJob<object>('jobs.remove_finished', MAINTENANCE);
const EVERY = 60_000;

/**
 * Forgets jobs some time after they were done. Not at the end of every job, as BullMQ offers: in Postgres each would look
 * through all that are remembered, since a cached plan with the state as a parameter cannot use their partial index.
 */
@Injectable()
export class FinishedJobs implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly queues: JobQueues,
  ) {}

  onModuleInit(): void {
    this.jobs.every(EVERY, REMOVE_FINISHED, () => this.queues.removeFinished(REMEMBERED));
  }
}
