import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UsersConfig } from './users.config.js';
import { SYSTEM, Transactions } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { userPurged } from './user.events.js';
import { UsersRepository } from './users.repository.js';

const EVERY = 60 * 60_000;
const USERS_AT_ONCE = 100;

/**
 * Forgets who deleted users were, PURGE_AFTER_DAYS after their deletion: until then they can be restored. The row
 * stays, without anything personal, as the author of what the user has made. Their identities follow (`identities.purge`).
 */
@Injectable()
export class UserPurge implements OnModuleInit {
  constructor(
    private readonly users: UsersRepository,
    private readonly transactions: Transactions,
    private readonly changes: ChangeLog,
    private readonly jobs: Jobs,
    private readonly config: UsersConfig,
  ) {}

  onModuleInit(): void {
    if (this.config.purgeAfterDays === 0) return;
    this.jobs.drain({
      name: 'users.purge',
      every: EVERY,
      batch: USERS_AT_ONCE,
      remove: (batch) => this.purge(batch),
    });
  }

  private purge(batch: number): Promise<number> {
    return this.transactions.run(SYSTEM, async (tx) => {
      const ids = await this.users.purge(tx, this.config.purgeAfterDays, batch);
      for (const id of ids) await this.changes.record(tx, SYSTEM, userPurged(id));
      return ids.length;
    });
  }
}
