import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuthenticationRequired, InvalidAccessToken } from '../../access/access.errors.js';
import { Actor } from '../../access/actor.js';
import { ActorResolver } from '../../access/actor-resolver.js';
import { toAppError } from '../../platform/http/problem-details.js';
import { BearerStrategy, bearerToken } from './bearer.strategy.js';

type ExpressRequest = Parameters<BearerStrategy['authenticate']>[0];

/** Runs the passport strategy and speaks its answer in our errors. */
@Injectable()
export class BearerActorResolver implements ActorResolver {
  constructor(private readonly strategy: BearerStrategy) {}

  async resolve(request: FastifyRequest): Promise<Actor> {
    if (bearerToken(request) === null) throw new AuthenticationRequired();
    // Node keeps the first of several: which one counts must not depend on who reads them (RFC 9110 section 5.3).
    if ((request.raw.headersDistinct.authorization?.length ?? 0) > 1)
      throw new InvalidAccessToken('two Authorization headers');
    return new Promise((resolve, reject) => {
      // As passport does it, without its global registry: two apps in one process keep their own strategies.
      const attempt = Object.assign(Object.create(this.strategy) as BearerStrategy, {
        success: (actor: unknown) =>
          actor instanceof Actor ? resolve(actor) : reject(new InvalidAccessToken('no actor')),
        fail: (challenge: unknown) => reject(new InvalidAccessToken(challenge)),
        // A database that is away is not a bad token.
        error: (error: unknown) => reject(toAppError(error)),
      });
      // Typed for Express; the strategy reads the headers, which are the same.
      attempt.authenticate(request as unknown as ExpressRequest);
    });
  }
}
