import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuthenticationRequired, InvalidAccessToken } from '../../access/access.errors.js';
import { Actor } from '../../access/actor.js';
import { ActorResolver } from '../../access/actor-resolver.js';
import { CurrentPrincipals } from './current-principals.js';
import { bearerToken } from '../tokens/bearer.strategy.js';
import { TokenVerifier } from '../tokens/token-verifier.js';

/** An access token says who and in which session; whether and what they may is looked up on every request. */
@Injectable()
export class BearerActorResolver implements ActorResolver {
  constructor(
    private readonly tokens: TokenVerifier,
    private readonly principals: CurrentPrincipals,
  ) {}

  async resolve(request: FastifyRequest): Promise<Actor> {
    const token = bearerToken(request);
    if (token === null) throw new AuthenticationRequired();
    // Node keeps the first of several: which one counts must not depend on who reads them (RFC 9110 section 5.3).
    if ((request.raw.headersDistinct.authorization?.length ?? 0) > 1)
      throw new InvalidAccessToken('two Authorization headers');
    const claims = await this.tokens.verify(token).catch((reason: unknown) => {
      throw new InvalidAccessToken(reason);
    });
    const principal = await this.principals.find(claims.userId, claims.sessionId);
    if (!principal) throw new InvalidAccessToken('the session has ended or the user may not act');
    const { userId, roleId, privileges, signedInAt } = principal;
    return new Actor(userId, roleId, String(claims.sessionId), privileges, signedInAt);
  }
}
