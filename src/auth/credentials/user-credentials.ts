import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { SendBudgetService } from '../../messages/send-budget.service.js';
import type { UserContact } from '../../users/identities/identities.service.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { Credentials } from '../../users/credentials.js';
import { CredentialsRepository } from './credentials.repository.js';
import { SEND_INVITATION } from './invitation.job.js';
import type { ResetPurpose } from './password-reset.entity.js';

/** The credentials of users in the same database. */
@Injectable()
export class UserCredentials implements Credentials {
  constructor(
    private readonly repository: CredentialsRepository,
    private readonly jobs: Jobs,
    private readonly budget: SendBudgetService,
  ) {}

  create(tx: Transaction, userId: number, username: string | null): Promise<void> {
    return this.repository.insert(tx, userId, username, PasswordHasher.UNUSABLE);
  }

  async invite(
    tx: Transaction,
    userId: number,
    contact: UserContact,
    purpose: ResetPurpose,
    actor: Actor,
  ): Promise<void> {
    await this.budget.charge(tx, contact, { use: 'invitation', by: { user: actor.userId } });
    await this.jobs.enqueue(tx, SEND_INVITATION, { userId, identityId: contact.identityId, purpose });
  }

  canSignInByUsername(tx: Transaction, userIds: readonly number[]): Promise<boolean> {
    return this.repository.canSignInByUsername(tx, userIds, PasswordHasher.UNUSABLE);
  }
}
