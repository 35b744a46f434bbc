import { Injectable } from '@nestjs/common';
import type { AuditRecord } from '../../platform/audit/audit-log.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { SecurityNotices } from '../security-notices.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { UserDirectory } from '../user-directory.js';
import { PasswordPolicy } from './password-policy.js';

/** What setting a password comes to, whoever sets it and why. */
@Injectable()
export class NewPasswords {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly directory: UserDirectory,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsService,
    private readonly notices: SecurityNotices,
  ) {}

  /**
   * Checks the password and hashes it: before the transaction, which would hold a connection and locks meanwhile.
   * @throws ValidationFailed
   */
  async prepare(userId: number, password: string): Promise<string> {
    const { username } = (await this.credentials.findUsername(userId)) ?? {};
    const words = await this.directory.findOwnWords(userId);
    this.policy.assertAcceptable(password, username ? [...words, username] : words);
    return this.hasher.hash(password);
  }

  /** Stores the hash, ends every session but `exceptSession` and every token to reset with, and tells the user. */
  async store(
    tx: Transaction,
    userId: number,
    passwordHash: string,
    actor: AuditRecord['actor'],
    exceptSession?: number,
  ): Promise<void> {
    await this.credentials.setPassword(tx, userId, passwordHash);
    await this.credentials.voidResets(tx, userId);
    await this.sessions.endAllIn(tx, userId, 'password_changed', actor, exceptSession);
    await this.notices.send(tx, userId, 'password_changed');
  }
}
