import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app-error.js';
import { AuditLog } from '../../platform/audit/audit-log.js';
import { Transactions } from '../../platform/database/transactions.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { AccessTokensService } from '../tokens/access-tokens.service.js';
import { UserDirectory } from '../directory/user-directory.js';
import { logins } from './sign-in.metrics.js';
import type { SignedIn, SignInMethod, SignInProof, SignInResult } from './sign-in-method.js';

/** The last step of every way to sign in. */
@Injectable()
export class SessionOpener {
  constructor(
    private readonly directory: UserDirectory,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokensService,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /** @throws what the way to sign in refuses with */
  async signIn<Input>(way: SignInMethod<Input>, input: Input): Promise<SignInResult> {
    try {
      const signedIn = await this.proveAndOpen(way, input);
      logins.inc({ method: way.name, result: 'success' });
      return signedIn;
    } catch (error) {
      logins.inc({
        method: way.name,
        result: error instanceof AppError ? error.spec.code : 'internal_error',
      });
      throw error;
    }
  }

  private async proveAndOpen<Input>(way: SignInMethod<Input>, input: Input): Promise<SignInResult> {
    const proof = await way.prove(input);
    const signedIn = await this.open(proof);
    if (!signedIn) throw await proof.refused();
    await proof.accepted?.();
    return signedIn;
  }

  /**
   * Opens a session for a user who has proved who they are, under the lock that disabling, deleting and the removal of an
   * identity take too. Null when the user may not act, or what was proved does not hold any more.
   */
  async open({ userId, identityId, method, amr, note }: SignInProof): Promise<SignedIn | null> {
    const session = await this.transactions.run({ userId }, async (tx) => {
      await this.sessions.lockUser(tx, userId);
      if (!(await this.directory.mayAct(tx, userId))) return null;
      if (identityId !== null && !(await this.directory.isRecognised(tx, { userId, identityId })))
        return null;
      const credentialVersion = await note(tx);
      if (credentialVersion === null) return null;
      const opened = await this.sessions.open(tx, { userId, identityId, amr });
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
    return {
      kind: 'tokens',
      tokens: await this.tokens.issuePair(subject, refreshToken),
      device: { userId, credentialVersion },
    };
  }
}
