import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { AuditRecord } from '../../platform/audit/audit-log.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { HashingQueue } from '../../platform/security/hashing-queue.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { UserDirectory } from '../directory/user-directory.js';
import { PasswordPolicy } from './password-policy.js';

/** What setting a password comes to, whoever sets it and why. */
@Injectable()
export class NewPasswordsService {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly directory: UserDirectory,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsService,
    private readonly queue: HashingQueue,
  ) {}

  /**
   * Checks the password and hashes it: before the transaction, which would hold a connection and locks meanwhile.
   * @throws ValidationFailed, Overloaded
   */
  prepare(userId: number, password: string): Promise<string> {
    return this.queue.admit('new password', async () => {
      const { username } = (await this.credentials.findUsername(userId)) ?? {};
      const words = await this.directory.findOwnWords(userId);
      this.policy.assertAcceptable(password, username ? [...words, username] : words);
      return this.hasher.hash(password);
    });
  }

  /** As {@link prepare}, for somebody who has no account yet. @throws ValidationFailed, Overloaded */
  async prepareFor(ownWords: readonly string[], password: string): Promise<string> {
    this.policy.assertAcceptable(password, ownWords, 'password');
    return this.queue.admit('new password', () => this.hasher.hash(password));
  }

  /** The first password of somebody who has just proved their address; nobody is told. */
  async storeFirst(tx: Transaction, userId: number, passwordHash: string): Promise<void> {
    await this.replace(tx, userId, passwordHash, { userId });
  }

  /** Takes away what one could sign in with: whoever has set it up was not the owner, who has just come. */
  async takeAway(tx: Transaction, userId: number): Promise<void> {
    await this.replace(tx, userId, PasswordHasher.UNUSABLE, { userId });
  }

  /** Stores the hash, ends every session but `exceptSession` and every token to reset with, and tells the user. */
  async store(
    tx: Transaction,
    userId: number,
    passwordHash: string,
    actor: AuditRecord['actor'],
    exceptSession?: number,
  ): Promise<void> {
    await this.replace(tx, userId, passwordHash, actor, exceptSession);
    const notice = { kind: 'password_changed' } as const;
    await this.directory.notify(tx, { commandId: randomUUID(), userId, notice });
  }

  private async replace(
    tx: Transaction,
    userId: number,
    passwordHash: string,
    actor: AuditRecord['actor'],
    exceptSession?: number,
  ): Promise<void> {
    await this.credentials.setPassword(tx, userId, passwordHash);
    await this.credentials.voidResets(tx, userId);
    await this.sessions.endAllIn(tx, userId, 'password_changed', actor, exceptSession);
  }
}
