import type { FastifyReply, FastifyRequest } from 'fastify';
import { UnsupportedMediaType } from './http.errors.js';
import { sendProblem } from './problem-details.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    acceptsForm?: boolean;
  }
}

/** Route configuration: takes `application/x-www-form-urlencoded` beside JSON. */
export const ACCEPTS_FORM = { acceptsForm: true } as const;

const JSON_TYPE = /^application\/json(?:; ?charset="?utf-8"?)?$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:; ?charset="?utf-8"?)?$/i;

/**
 * Fastify hook. A body is read only as the type a route states: a form on a JSON route would let a page of another
 * site post to the API without a preflight.
 */
export function refuseOtherMediaTypes(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (!hasBody && type === undefined) return done();
  if (request.is404) return done();
  const isJson = type !== undefined && JSON_TYPE.test(type);
  const isForm =
    request.routeOptions.config.acceptsForm === true && type !== undefined && FORM_TYPE.test(type);
  if (isJson || isForm || (!hasBody && ['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(request.method)))
    return done();
  sendProblem(new UnsupportedMediaType(), request, reply);
}
