import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SYSTEM, Transactions } from '../database/transactions.js';
import { Jobs } from '../jobs/jobs.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { OutboxConfig } from './outbox.config.js';

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
    const { retentionDays, alsoBroadcast } = this.config;
    const olderThan = retentionDays * 86_400;
    this.jobs.drain({
      name: 'outbox.remove_old',
      every: EVERY,
      batch: BATCH,
      remove: (limit) =>
        this.transactions.run(SYSTEM, (tx) =>
          this.outbox.removeDelivered(tx, { olderThan, alsoBroadcast, limit }),
        ),
    });
    this.jobs.drain({
      name: 'inbox.remove_old',
      every: EVERY,
      batch: BATCH,
      remove: (limit) =>
        this.transactions.run(SYSTEM, (tx) => this.outbox.removeHandled(tx, REMEMBERED, limit)),
    });
  }
}
