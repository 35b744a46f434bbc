import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UsersConfig } from '../users.config.js';
import { untilDone } from '../../platform/database/until-done.js';
import { defineJob } from '../../platform/jobs/job.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { MAINTENANCE } from '../../platform/jobs/queues.js';
import { IdentitiesRepository } from './identities.repository.js';
import { IdentityCodesRepository } from './otp/identity-codes.repository.js';

const PURGE = defineJob<object>('identities.purge', MAINTENANCE);
const CLEAN_UP = defineJob<object>('identities.clean_up_sign_in_codes', MAINTENANCE);
const EVERY = 60 * 60_000;
/** Seconds without a code after which what an asker has guessed is forgotten. */
const KEEP_CODES = 30 * 86_400;
const ROWS_AT_ONCE = 1_000;

/**
 * Removes for good the addresses, numbers and provider accounts that were removed, or deleted with their user,
 * PURGE_AFTER_DAYS ago. Those of a user who can still be restored wait until the user is purged.
 */
@Injectable()
export class IdentityPurge implements OnModuleInit {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly codes: IdentityCodesRepository,
    private readonly jobs: Jobs,
    private readonly config: UsersConfig,
  ) {}

  onModuleInit(): void {
    if (this.config.purgeAfterDays > 0) this.jobs.every(EVERY, PURGE, () => this.purge());
    this.jobs.every(EVERY, CLEAN_UP, () => this.removeCodes());
  }

  /** Answers how many were removed. */
  removeCodes(): Promise<number> {
    return untilDone(ROWS_AT_ONCE, (batch) => this.codes.removeOldSignIns(KEEP_CODES, batch));
  }

  /** Answers how many were removed. */
  purge(): Promise<number> {
    return untilDone(ROWS_AT_ONCE, (batch) => this.identities.purge(this.config.purgeAfterDays, batch));
  }
}
