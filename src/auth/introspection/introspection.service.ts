import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { hashOneTimeToken } from '../../platform/security/one-time-token.js';
import { CurrentPrincipalsService } from '../principals/current-principals.service.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { SessionNotFound } from '../sessions/session.errors.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import { TokenVerifierService } from '../tokens/token-verifier.service.js';

/** Tells services whether a token is good, and revokes tokens for their owners. */
@Injectable()
export class IntrospectionService {
  constructor(
    private readonly tokens: TokenVerifierService,
    private readonly principals: CurrentPrincipalsService,
    private readonly sessions: SessionsService,
    private readonly repository: SessionsRepository,
  ) {}

  /** The claims of an access token that is good at this moment (RFC 7662); null for everything else. */
  async introspect(token: string): Promise<AccessTokenClaims | null> {
    const claims = await this.tokens.verify(token).catch(() => null);
    if (!claims) return null;
    return (await this.principals.find(claims.userId, claims.sessionId)) ? claims : null;
  }

  /**
   * Ends the session an access or refresh token belongs to (RFC 7009). Does nothing for a token that is unknown, over, or
   * somebody else's: the answer must not tell which. A `caller` of null is the client all tokens are issued to.
   */
  async revoke(token: string, caller: Actor | null): Promise<void> {
    const claims = await this.tokens.verify(token).catch(() => null);
    const owner = claims ?? (await this.repository.findOwner(hashOneTimeToken(token)));
    if (!owner || (caller && owner.userId !== caller.userId)) return;
    const { userId, sessionId } = owner;
    const actor = caller ?? { userId, sessionId: String(sessionId) };
    await this.sessions.end(userId, sessionId, 'token_revoked', actor).catch((error: unknown) => {
      if (!(error instanceof SessionNotFound)) throw error;
    });
  }
}
