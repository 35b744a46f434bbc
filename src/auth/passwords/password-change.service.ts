import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { Transactions } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import { HashingQueue } from '../../platform/security/hashing-queue.js';
import { InvalidCredentials } from '../lockout/lockout.errors.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { OwnPasswordService } from '../lockout/own-password.service.js';
import { NewPasswordsService } from './new-passwords.service.js';
import { passwordChanged } from './password.events.js';

@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly queue: HashingQueue,
    private readonly own: OwnPasswordService,
    private readonly credentials: CredentialsRepository,
    private readonly passwords: NewPasswordsService,
    private readonly transactions: Transactions,
    private readonly changes: ChangeLog,
  ) {}

  /**
   * Changes one's own password and ends every other session. Wrong current passwords have a count of their own.
   * @throws ValidationFailed, InvalidCredentials, TooManyAttempts, Overloaded
   */
  change(current: string, next: string, actor: Actor): Promise<void> {
    return this.queue.admit('new password', () => this.attempt(current, next, actor));
  }

  private async attempt(current: string, next: string, actor: Actor): Promise<void> {
    const { userId } = actor;
    const passwordHash = await this.own.prove(current, actor);
    const nextHash = await this.passwords.prepare(userId, next);
    await this.transactions.run(actor, async (tx) => {
      // Whoever changed it first has ended this session; what was verified does not hold any more.
      if (!(await this.credentials.replacePassword(tx, userId, passwordHash, nextHash))) {
        throw new InvalidCredentials('The password was changed meanwhile.');
      }
      await this.passwords.store(tx, userId, nextHash, actor, Number(actor.sessionId));
      await this.changes.record(tx, actor, passwordChanged(userId), { by: 'change' });
    });
  }
}
