import type { FastifyRequest } from 'fastify';
import { addRouteConfig } from './route-config.js';

const NOT_LOGGED = { isLogged: false };

/** Leaves the requests of a route out of the access log. */
export const NotLogged = (): MethodDecorator => addRouteConfig(NOT_LOGGED);

export function isLogged({ routeOptions }: FastifyRequest): boolean {
  const { isLogged: value } = routeOptions.config as Partial<typeof NOT_LOGGED>;
  return value !== false;
}
