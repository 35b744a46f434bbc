import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../platform/config/config.js';
import { untilDone } from '../platform/database/until-done.js';
import { defineJob } from '../platform/jobs/job.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { IdentitiesRepository } from './identities.repository.js';

const PURGE = defineJob<object>('identities.purge', 'maintenance');
const EVERY = 60 * 60_000;
const ROWS_AT_ONCE = 1_000;

/**
 * Removes for good the addresses, numbers and provider accounts that were removed, or deleted with their user,
 * PURGE_AFTER_DAYS ago. Those of a user who can still be restored wait until the user is purged.
 */
@Injectable()
export class IdentityPurge implements OnModuleInit {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly jobs: Jobs,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    if (this.config.jobs.purgeAfterDays > 0) this.jobs.every(EVERY, PURGE, () => this.purge());
  }

  /** Answers how many were removed. */
  purge(): Promise<number> {
    return untilDone(ROWS_AT_ONCE, (batch) => this.identities.purge(this.config.jobs.purgeAfterDays, batch));
  }
}
