import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SYSTEM, Transactions } from '../platform/database/transactions.js';
import type { PublishedEvent } from '../platform/events/published-event.js';
import { Subscriptions } from '../platform/events/subscriptions.js';
import { defineJob } from '../platform/jobs/job.js';
import { EVENTS } from '../platform/jobs/queues.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { DELIVER } from './delivery.jobs.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** Not in the queue of calls, which may all hang, nor behind a long clean-up. */
const ENQUEUE_DUE = defineJob<object>('webhooks.enqueue_due', EVENTS);

const LOOK_EVERY = 5_000;
const CLEAN_UP_EVERY = 15 * 60_000;
/** Days the log of a delivery is kept once it is over. */
const KEEP = 30;

/**
 * Plans deliveries of events, and sees to it that they go on: whose time for another attempt has come, whose worker or job
 * was lost, whose receiver has rested, or that had to let others to the same webhook go first.
 */
@Injectable()
export class DueDeliveries implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    private readonly deliveries: DeliveriesRepository,
    private readonly webhooks: WebhooksRepository,
    private readonly jobs: Jobs,
    private readonly subscriptions: Subscriptions,
  ) {}

  onModuleInit(): void {
    // Without any webhook an event is no work for anybody here.
    const isInterested = () => this.webhooks.hasActive();
    this.subscriptions.on('*', { name: 'webhooks.fan_out', queue: EVENTS, isInterested }, (event) =>
      this.fanOut(event),
    );
    this.jobs.every(LOOK_EVERY, ENQUEUE_DUE, () => this.enqueue());
    this.jobs.drain({
      name: 'webhooks.clean_up',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.transactions.run(SYSTEM, (tx) => this.deliveries.removeOld(tx, KEEP, batch)),
    });
  }

  /** Plans one delivery to each webhook that asks for the event. An event told twice is planned once. */
  fanOut(event: PublishedEvent): Promise<void> {
    return this.transactions.run(SYSTEM, async (tx) => {
      const ids = await this.deliveries.insertForSubscribers(tx, event);
      for (const deliveryId of ids) await this.jobs.enqueue(tx, DELIVER, { deliveryId });
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
