import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import {
  identityAdded,
  identityPrimaryChanged,
  identityRemoved,
} from '../../users/identities/identity.events.js';
import {
  userDeleted,
  userDisabled,
  userPurged,
  userRestored,
  userUnlocked,
} from '../../users/user.events.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { CredentialsRepository } from './credentials.repository.js';

/**
 * What follows from a change of a user for how they sign in, in the transaction of the change. Whoever makes the change
 * holds the lock of the user and those of their contacts; the lock under which sessions are opened and ended comes after
 * them.
 */
@Injectable()
export class UserChanges implements OnModuleInit {
  constructor(
    private readonly changes: ChangeLog,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsService,
  ) {}

  onModuleInit(): void {
    this.changes.within(userDisabled, async (tx, { payload: { id } }, actor) => {
      await this.sessions.endAllIn(tx, id, 'user_disabled', actor);
      await this.credentials.voidResets(tx, id);
    });
    this.changes.within(userDeleted, async (tx, { payload: { id } }, actor) => {
      await this.sessions.endAllIn(tx, id, 'user_deleted', actor);
      await this.credentials.softDelete(tx, id);
    });
    // Throws UsernameTaken when somebody took the username meanwhile.
    this.changes.within(userRestored, (tx, { payload: { id } }) => this.credentials.restore(tx, id));
    this.changes.within(userPurged, (tx, { payload: { id } }) => this.credentials.purge(tx, id));
    this.changes.within(userUnlocked, (tx, { payload: { id } }) => this.credentials.unlock(tx, id));
    this.changes.within(identityAdded, async (tx, { payload: { userId, byAdministrator } }) => {
      if (byAdministrator) await this.voidResets(tx, userId);
    });
    this.changes.within(identityPrimaryChanged, (tx, { payload }) => this.voidResets(tx, payload.userId));
    this.changes.within(identityRemoved, async (tx, { payload }, actor) => {
      const { id, userId, wasVerified, gaveWay } = payload;
      // A claim that gave way was good for nothing, and its user is not locked.
      if (gaveWay) return;
      await this.voidResets(tx, userId);
      if (wasVerified) await this.sessions.endOpenedByIn(tx, userId, id, actor);
    });
  }

  /** Ends the tokens to set a password with that are out: where they were sent to is not certain any more. */
  private async voidResets(tx: Transaction, userId: number): Promise<void> {
    await this.sessions.lockUser(tx, userId);
    await this.credentials.voidResets(tx, userId);
  }
}
