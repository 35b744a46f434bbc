import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UsersConfig } from '../users.config.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { IdentitiesRepository } from './identities.repository.js';
import { IdentityCodesRepository } from './otp/identity-codes.repository.js';

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
    const { purgeAfterDays } = this.config;
    if (purgeAfterDays > 0) {
      this.jobs.drain({
        name: 'identities.purge',
        every: EVERY,
        batch: ROWS_AT_ONCE,
        remove: (batch) => this.identities.purge(purgeAfterDays, batch),
      });
    }
    this.jobs.drain({
      name: 'identities.clean_up_sign_in_codes',
      every: EVERY,
      batch: ROWS_AT_ONCE,
      remove: (batch) => this.codes.removeOldSignIns(KEEP_CODES, batch),
    });
  }
}
