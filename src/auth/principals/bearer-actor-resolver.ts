import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InvalidAccessToken } from '../../access/access.errors.js';
import { Actor } from '../../access/actor.js';
import { ActorResolver } from '../../access/actor-resolver.js';
import { BearerStrategy } from '../tokens/bearer.strategy.js';
import { CurrentPrincipalsService } from './current-principals.service.js';

/** An access token says who and in which session; whether and what they may is looked up on every request. */
@Injectable()
export class BearerActorResolver implements ActorResolver {
  constructor(
    private readonly strategy: BearerStrategy,
    private readonly principals: CurrentPrincipalsService,
  ) {}

  async resolve(request: FastifyRequest): Promise<Actor> {
    const claims = await this.strategy.validate(request);
    const principal = await this.principals.find(claims.userId, claims.sessionId);
    if (!principal) throw new InvalidAccessToken('the session has ended or the user may not act');
    const { userId, roleId, privileges, signedInAt } = principal;
    return new Actor(userId, roleId, String(claims.sessionId), privileges, signedInAt);
  }
}
