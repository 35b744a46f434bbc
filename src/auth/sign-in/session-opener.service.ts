import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../platform/audit/audit-log.js';
import { type Transaction, Transactions } from '../../platform/database/transactions.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { AccessTokens } from '../tokens/access-tokens.service.js';
import type { TokenPair } from '../tokens/token-pair.js';
import { UserDirectory } from '../user-directory.js';

/** How somebody proved who they are, as the audit log names it. */
export type SignInMethod = 'password' | 'otp' | `oauth:${string}`;

/** The last step of every way to sign in. */
@Injectable()
export class SessionOpener {
  constructor(
    private readonly directory: UserDirectory,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Opens a session for a user who has proved who they are, under the lock that disabling and deleting take too. Null
   * when the user may not act, or `stillHolds` says that what was proved does not hold any more.
   */
  async open(
    userId: number,
    method: SignInMethod,
    stillHolds: (tx: Transaction) => Promise<boolean>,
  ): Promise<TokenPair | null> {
    const session = await this.transactions.run({ userId }, async (tx) => {
      await this.sessions.lockUser(tx, userId);
      if ((await this.directory.findPrincipal(userId, tx)) === null || !(await stillHolds(tx))) return null;
      const opened = await this.sessions.open(tx, userId);
      await this.audit.record(tx, {
        actor: { userId, sessionId: String(opened.sessionId) },
        action: 'auth.login',
        subject: { type: 'user', id: userId },
        details: { method },
      });
      return opened;
    });
    return session && this.tokens.issuePair(userId, session.sessionId, session.refreshToken);
  }
}
