import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { SendBudget } from '../../messages/send-budget.service.js';
import type { UserContact } from '../../users/identities/identities.service.js';
import type { Author, Transaction } from '../../platform/database/transactions.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { Credentials } from '../../users/credentials.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { CredentialsRepository } from './credentials.repository.js';
import { SEND_INVITATION } from './invitation.job.js';
import type { ResetPurpose } from './password-reset.entity.js';

/** The credentials of users in the same database. */
@Injectable()
export class UserCredentials implements Credentials {
  constructor(
    private readonly repository: CredentialsRepository,
    private readonly jobs: Jobs,
    private readonly sessions: SessionsService,
    private readonly budget: SendBudget,
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
    await this.budget.charge(tx, contact, randomUUID(), { use: 'invitation', by: { user: actor.userId } });
    await this.jobs.enqueue(tx, SEND_INVITATION, { userId, identityId: contact.identityId, purpose });
  }

  async voidResetsFor(tx: Transaction, userId: number): Promise<void> {
    await this.sessions.lockUser(tx, userId);
    await this.repository.voidResets(tx, userId);
  }

  async wipe(tx: Transaction, userId: number, actor: Author): Promise<void> {
    await this.repository.setPassword(tx, userId, PasswordHasher.UNUSABLE);
    await this.repository.voidResets(tx, userId);
    await this.sessions.endAllIn(tx, userId, 'password_changed', actor);
  }

  async unlock(tx: Transaction, userId: number): Promise<void> {
    await this.repository.unlock(tx, userId);
  }

  canSignInByUsername(tx: Transaction, userIds: readonly number[]): Promise<boolean> {
    return this.repository.canSignInByUsername(tx, userIds, PasswordHasher.UNUSABLE);
  }

  endSessionsOpenedBy(tx: Transaction, userId: number, identityId: number, actor: Author): Promise<void> {
    return this.sessions.endOpenedByIn(tx, userId, identityId, actor);
  }

  async endSessions(tx: Transaction, userId: number, actor: Actor): Promise<void> {
    await this.sessions.endAllIn(tx, userId, 'user_disabled', actor);
    await this.repository.voidResets(tx, userId);
  }

  async delete(tx: Transaction, userId: number, actor: Actor): Promise<void> {
    await this.sessions.endAllIn(tx, userId, 'user_deleted', actor);
    await this.repository.softDelete(tx, userId);
  }

  purge(tx: Transaction, userIds: readonly number[]): Promise<void> {
    return this.repository.purge(tx, userIds);
  }

  async restore(tx: Transaction, userId: number, deletedAt: Date): Promise<void> {
    await this.repository.restore(tx, userId, deletedAt);
  }
}
