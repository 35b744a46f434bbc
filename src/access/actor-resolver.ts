import type { FastifyRequest } from 'fastify';
import type { Actor } from './actor.js';

/** Turns the credentials of a request into an actor. Implemented above, by `auth`. */
export abstract class ActorResolver {
  /**
   * @throws AuthenticationRequired when the request carries no credentials.
   * @throws InvalidAccessToken when they are not, or no longer, good.
   */
  abstract resolve(request: FastifyRequest): Promise<Actor>;
}
