import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Reading } from '../metrics/reading.js';
import { JobQueues } from './job-queues.js';
import { jobs } from './jobs.metrics.js';

/** Tells metrics of the jobs in each queue. */
@Injectable()
export class JobReadings implements OnModuleInit, OnApplicationShutdown {
  private readonly reading: Reading<Awaited<ReturnType<JobQueues['counts']>>>;
  private forget: () => void = () => undefined;

  constructor(queues: JobQueues) {
    this.reading = new Reading('jobs', () => queues.counts());
  }

  onModuleInit(): void {
    this.forget = jobs.read(async () => {
      const counts = await this.reading.current();
      if (!counts) return [];
      return Array.from(counts, ([queue, states]) =>
        Object.entries(states).map(([state, count]) => [{ queue, state }, count] as const),
      ).flat();
    });
  }

  onApplicationShutdown(): void {
    this.forget();
  }
}
