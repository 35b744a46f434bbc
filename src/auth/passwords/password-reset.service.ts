import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import { ResetTokensService } from './reset-tokens.service.js';
import { UserDirectory } from '../directory/user-directory.js';
import { NewPasswordsService } from './new-passwords.service.js';
import { passwordChanged } from './password.events.js';

@Injectable()
export class PasswordResetService {
  constructor(
    private readonly tokens: ResetTokensService,
    private readonly passwords: NewPasswordsService,
    private readonly directory: UserDirectory,
    private readonly transactions: Transactions,
    private readonly changes: ChangeLog,
  ) {}

  /**
   * Sets a password with a token that was sent to the user, ends every session, and takes the contact it was sent to
   * as verified. Does not sign in and does not enable a disabled user.
   * @throws InvalidResetToken, ValidationFailed, Overloaded
   */
  async reset(token: string, newPassword: string): Promise<void> {
    // Guessed tokens must not cost a hash; which of several requests wins is decided below.
    const owner = await this.tokens.ownerOf(token);
    const passwordHash = await this.passwords.prepare(owner, newPassword);
    await this.transactions.run(SYSTEM, async (tx) => {
      const { userId, identityId, purpose } = await this.tokens.use(tx, owner, token);
      await this.passwords.store(tx, userId, passwordHash, { userId });
      await this.directory.markVerified(tx, { commandId: randomUUID(), userId, identityId });
      await this.changes.record(tx, { userId }, passwordChanged(userId), { by: purpose });
    });
  }
}
