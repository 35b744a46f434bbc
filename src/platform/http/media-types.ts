import type { FastifyReply, FastifyRequest } from 'fastify';
import { addRouteConfig } from './route-config.js';
import { UnsupportedMediaType } from './http.errors.js';
import { sendProblem } from './problem-details.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    acceptsForm?: boolean;
  }
}

/** Route configuration: takes `application/x-www-form-urlencoded` beside JSON. */
export const ACCEPTS_FORM = { acceptsForm: true } as const;
export const AcceptsForm = (): MethodDecorator => addRouteConfig(ACCEPTS_FORM);

const JSON_TYPE = /^application\/json(?:; ?charset="?utf-8"?)?$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:; ?charset="?utf-8"?)?$/i;

/**
 * Fastify hook. A body is read only as the type a route states: a form on a JSON route would let a page of another
 * site post to the API without a preflight.
 */
export function refuseOtherMediaTypes(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (request.is404) return done();
  if (!hasBody) {
    // Clients name a type for the body they might have sent: without one there is nothing to parse.
    delete request.headers['content-type'];
    return done();
  }
  const acceptsForm = request.routeOptions.config.acceptsForm === true;
  if (type !== undefined && (JSON_TYPE.test(type) || (acceptsForm && FORM_TYPE.test(type)))) return done();
  sendProblem(new UnsupportedMediaType(), request, reply);
}
