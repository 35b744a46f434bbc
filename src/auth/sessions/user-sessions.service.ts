import { Injectable } from '@nestjs/common';
import type { Manager } from '../../access/actor.js';
import { Transactions } from '../../platform/database/transactions.js';
import { UserDirectory } from '../directory/user-directory.js';
import { SessionNotFound } from './session.errors.js';
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

  /** @throws UserNotFound, PrivilegeNotHeld, SessionNotFound also for a session of somebody else */
  async end(userId: number, sessionId: number, actor: Manager): Promise<void> {
    await this.transactions.run(actor, async (tx) => {
      await this.directory.assertManageable(tx, userId, actor);
      if (!(await this.sessions.endIn(tx, userId, sessionId, 'ended_by_admin', actor)))
        throw new SessionNotFound();
    });
  }

  /** @throws UserNotFound, PrivilegeNotHeld */
  async endAll(userId: number, actor: Manager): Promise<void> {
    await this.transactions.run(actor, async (tx) => {
      await this.directory.assertManageable(tx, userId, actor);
      await this.sessions.endAllIn(tx, userId, 'ended_by_admin', actor);
    });
  }
}
