import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../platform/audit/audit-log.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { hashOneTimeToken } from '../../platform/security/one-time-token.js';
import { HashingQueue } from '../../platform/security/hashing-queue.js';
import { InvalidResetToken } from '../auth.errors.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { UserDirectory } from '../user-directory.js';
import { NewPasswords } from './new-passwords.service.js';

@Injectable()
export class PasswordResetService {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly queue: HashingQueue,
    private readonly passwords: NewPasswords,
    private readonly directory: UserDirectory,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sets a password with a token that was sent to the user, ends every session, and takes the contact it was sent to
   * as verified. Does not sign in and does not enable a disabled user.
   * @throws InvalidResetToken, ValidationFailed, Overloaded
   */
  async reset(token: string, newPassword: string): Promise<void> {
    const tokenHash = hashOneTimeToken(token);
    // Guessed tokens must not cost a hash; which of several requests wins is decided below.
    const owner = await this.credentials.findOpenReset(tokenHash);
    if (owner === null) throw new InvalidResetToken();
    const passwordHash = await this.queue.admit(() => this.passwords.prepare(owner, newPassword));
    await this.transactions.run(SYSTEM, async (tx) => {
      const grant = await this.credentials.takeReset(tx, tokenHash);
      if (!grant || (await this.directory.findPrincipal(grant.userId, tx)) === null)
        throw new InvalidResetToken();
      const { userId, identityId, purpose } = grant;
      await this.passwords.store(tx, userId, passwordHash, { userId });
      await this.directory.markVerified(tx, identityId, userId);
      await this.audit.record(tx, {
        actor: { userId },
        action: 'auth.password_reset',
        subject: { type: 'user', id: userId },
        details: { purpose },
      });
    });
  }
}
