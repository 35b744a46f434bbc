import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { Transactions } from '../../platform/database/transactions.js';
import { UserDirectory } from '../directory/user-directory.js';
import type { SessionView } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

/** What administrators see and do of the sessions of others. */
@Injectable()
export class UserSessionsService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly directory: UserDirectory,
    private readonly transactions: Transactions,
  ) {}

  /** @throws UserNotFound */
  async list(userId: number): Promise<SessionView[]> {
    await this.directory.assertExists(userId);
    return this.sessions.list(userId);
  }

  /** @throws UserNotFound, PrivilegeNotHeld */
  async endAll(userId: number, actor: Actor): Promise<void> {
    await this.transactions.run(actor, async (tx) => {
      await this.directory.assertManageable(tx, userId, actor);
      await this.sessions.endAllIn(tx, userId, 'ended_by_admin', actor);
    });
  }
}
