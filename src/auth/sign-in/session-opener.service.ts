import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../platform/audit/audit-log.js';
import { type Transaction, Transactions } from '../../platform/database/transactions.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { AccessTokens } from '../tokens/access-tokens.service.js';
import type { TokenPair } from '../tokens/token-pair.js';
import { UserDirectory } from '../directory/user-directory.js';

/** How somebody proved who they are, as the audit log names it. */
export type SignInMethod = 'password' | 'otp' | `oauth:${string}`;

/** Who signs in, and how. */
export interface SignInProof {
  readonly userId: number;
  /** The address, number or provider account that was proved; null for a password, whatever it was found by. */
  readonly identityId: number | null;
  readonly method: SignInMethod;
}

/** Authentication method references, RFC 8176; of a provider's account it is known only that the provider vouches. */
const AMR = { password: ['pwd'], otp: ['otp'], oauth: ['fed'] } as const;

export interface SignedIn {
  readonly userId: number;
  readonly tokens: TokenPair;
  /** Of the credentials at the sign-in; see KnownDevices. */
  readonly credentialVersion: number;
}

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
   * Opens a session for a user who has proved who they are, under the lock that disabling, deleting and the removal of an
   * identity take too. Null when the user may not act, or what was proved does not hold any more: `noteLogin`, which
   * answers the version of the credentials, says so of them.
   */
  async open(
    { userId, identityId, method }: SignInProof,
    noteLogin: (tx: Transaction) => Promise<number | null>,
  ): Promise<SignedIn | null> {
    const session = await this.transactions.run({ userId }, async (tx) => {
      await this.sessions.lockUser(tx, userId);
      if (!(await this.directory.mayAct(tx, userId))) return null;
      if (identityId !== null && !(await this.directory.isRecognised(tx, { userId, identityId })))
        return null;
      const credentialVersion = await noteLogin(tx);
      if (credentialVersion === null) return null;
      const opened = await this.sessions.open(tx, { userId, identityId, amr: AMR[kindOf(method)] });
      await this.audit.record(tx, {
        actor: { userId, sessionId: String(opened.subject.sessionId) },
        action: 'auth.login',
        subject: { type: 'user', id: userId },
        details: { method },
      });
      return { ...opened, credentialVersion };
    });
    if (!session) return null;
    const { subject, refreshToken, credentialVersion } = session;
    return { userId, tokens: await this.tokens.issuePair(subject, refreshToken), credentialVersion };
  }
}

function kindOf(method: SignInMethod): keyof typeof AMR {
  return method === 'password' || method === 'otp' ? method : 'oauth';
}
