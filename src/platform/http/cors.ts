import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyRequest } from 'fastify';

const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'traceparent',
  'tracestate',
  'x-request-id',
];
const EXPOSED_HEADERS = [
  'etag',
  'idempotency-replayed',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];

type Answer = (error: Error | null, options?: FastifyCorsOptions) => void;

/**
 * What pages of other origins may do: those listed call the API, with cookies if they like (`credentials: 'include'`).
 * No cookie signs anybody in there, see docs/browsers.md. Pages of the service get none: what is typed there stays there.
 */
export function corsFor(origins: readonly string[]): (request: FastifyRequest, answer: Answer) => void {
  const listed = new Set(origins);
  return (request, answer) => {
    const { origin } = request.headers;
    answer(null, {
      origin: [...origins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: ALLOWED_HEADERS,
      exposedHeaders: EXPOSED_HEADERS,
      credentials: origin !== undefined && listed.has(origin) && request.url.startsWith('/api/'),
      maxAge: 600,
    });
  };
}
