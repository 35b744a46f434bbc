import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OutboxConfig } from './outbox.config.js';
import { SYSTEM, type Transaction, Transactions } from '../database/transactions.js';
import { defineJob } from '../jobs/job.js';
import { MAINTENANCE } from '../jobs/queues.js';
import { Jobs } from '../jobs/jobs.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';

const RETENTION = defineJob<object>('outbox.remove_old', MAINTENANCE);
const EVERY = 10 * 60_000;
const BATCH = 1_000;
/** Seconds a consumer remembers what it has dealt with: longer than any repeat can be late. */
const REMEMBERED = 30 * 86_400;

/** Removes events that were delivered long ago, and what consumers need not remember any more. */
@Injectable()
export class OutboxRetention implements OnModuleInit {
  constructor(
    private readonly outbox: OutboxRepository,
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
    private readonly config: OutboxConfig,
  ) {}

  onModuleInit(): void {
    this.jobs.every(EVERY, RETENTION, () => this.removeOld());
  }

  async removeOld(): Promise<void> {
    const { retentionDays, alsoBroadcast } = this.config;
    const delivered = {
      olderThan: retentionDays * 86_400,
      alsoBroadcast,
      limit: BATCH,
    };
    await this.untilDone((tx) => this.outbox.removeDelivered(tx, delivered));
    await this.untilDone((tx) => this.outbox.removeHandled(tx, REMEMBERED, BATCH));
  }

  private async untilDone(remove: (tx: Transaction) => Promise<number>): Promise<void> {
    while ((await this.transactions.run(SYSTEM, remove)) === BATCH);
  }
}
