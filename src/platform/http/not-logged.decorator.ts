import type { FastifyContextConfig } from 'fastify';
import { addRouteConfig } from './route-config.js';

const NOT_LOGGED = { isLogged: false };

/** Leaves the requests of a route out of the access log. */
export const NotLogged = (): MethodDecorator => addRouteConfig(NOT_LOGGED);

export function isLogged(config: FastifyContextConfig): boolean {
  const { isLogged: value } = config as Partial<typeof NOT_LOGGED>;
  return value !== false;
}
