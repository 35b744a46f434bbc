import { Injectable } from '@nestjs/common';
import { AuditLog } from '../platform/audit/audit-log.js';
import { Transactions } from '../platform/database/transactions.js';
import { hashOneTimeToken } from '../platform/security/one-time-token.js';
import { PasswordHasher } from '../platform/security/password-hasher.js';
import { InvalidResetToken } from './auth.errors.js';
import { CredentialsRepository } from './credentials/credentials.repository.js';
import { PasswordPolicy } from './credentials/password-policy.js';
import { UserDirectory } from './user-directory.js';

@Injectable()
export class PasswordResetService {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly directory: UserDirectory,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sets a password with a token that was sent to the user, and takes the contact it was sent to as verified.
   * Does not sign in and does not enable a disabled user.
   * @throws PasswordTooShort, PasswordTooLong, InvalidResetToken
   */
  async reset(token: string, newPassword: string): Promise<void> {
    this.policy.assertAcceptable(newPassword);
    const tokenHash = hashOneTimeToken(token);
    // Guessed tokens must not cost a hash; which of several requests wins is decided below. The user is asked for
    // here: transactions that hold a connection and wait for a second one would block the pool.
    const userId = await this.credentials.findOpenReset(tokenHash);
    if (userId === null || (await this.directory.findPrincipal(userId)) === null)
      throw new InvalidResetToken();
    // Hashed before the transaction, which would hold a connection and locks meanwhile.
    const passwordHash = await this.hasher.hash(newPassword);
    await this.transactions.run({ userId: null }, async (tx) => {
      const grant = await this.credentials.takeReset(tx, tokenHash);
      if (!grant) throw new InvalidResetToken();
      await this.credentials.setPassword(tx, grant.userId, passwordHash);
      await this.credentials.voidResets(tx, grant.userId);
      await this.directory.markVerified(tx, grant.identityId, grant.userId);
      await this.audit.record(tx, {
        actor: { userId: grant.userId },
        action: 'auth.password_reset',
        subject: { type: 'user', id: grant.userId },
        details: { purpose: grant.purpose },
      });
    });
  }
}
