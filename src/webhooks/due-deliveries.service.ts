import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SYSTEM, Transactions } from '../platform/database/transactions.js';
import { defineJob } from '../platform/jobs/job.js';
import { EVENTS } from '../platform/jobs/queues.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { DELIVER } from './delivery.jobs.js';

/** Not in the queue of calls, which may all hang, nor behind a long clean-up. */
const ENQUEUE_DUE = defineJob<object>('webhooks.enqueue_due', EVENTS);

const LOOK_EVERY = 5_000;
const CLEAN_UP_EVERY = 15 * 60_000;
/** Days the log of a delivery is kept once it is over. */
const KEEP = 30;

/**
 * Sees to it that deliveries go on: whose time for another attempt has come, whose worker or job was lost, whose
 * receiver has rested, or that had to let others to the same webhook go first.
 */
@Injectable()
export class DueDeliveries implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    private readonly deliveries: DeliveriesRepository,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.every(LOOK_EVERY, ENQUEUE_DUE, () => this.enqueue());
    this.jobs.drain({
      name: 'webhooks.clean_up',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.transactions.run(SYSTEM, (tx) => this.deliveries.removeOld(tx, KEEP, batch)),
    });
  }

  /** Asks for the attempts that are due, as many of each webhook as are made at once. Answers of which deliveries. */
  enqueue(): Promise<string[]> {
    return this.transactions.run(SYSTEM, async (tx) => {
      const ids = await this.deliveries.takeDue(tx);
      for (const deliveryId of ids) await this.jobs.enqueue(tx, DELIVER, { deliveryId });
      return ids;
    });
  }
}
