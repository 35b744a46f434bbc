import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { clientAddress } from './client-address.js';
import { countAnswer } from './http.metrics.js';
import { isLogged } from './not-logged.decorator.js';
import { traceIdOf } from '../tracing/traceparent.js';

/** An option of Fastify: every line about a request says which one (`reqId`), and of which trace. */
export function loggerOfRequest(
  logger: FastifyBaseLogger,
  bindings: Record<string, unknown>,
  options: object,
  { headers }: IncomingMessage,
): FastifyBaseLogger {
  const traceId = traceIdOf(headers.traceparent);
  return logger.child(traceId === undefined ? bindings : { ...bindings, traceId }, options);
}

/**
 * A Fastify hook that counts each answer and writes one line for each request that was answered. `route` is the pattern, by which lines can be
 * counted; it is missing where no route takes the address. Query strings may hold secrets, and are in no line.
 */
export function logRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  // Made anew each time it is asked for.
  const { url: route, config } = request.routeOptions;
  const { method, caller } = request;
  const { statusCode: status, elapsedTime } = reply;
  countAnswer(method, route, status, elapsedTime);
  if (isLogged(config)) {
    request.log.info(
      {
        ip: clientAddress(request),
        method,
        route,
        path: pathOf(request.url),
        status,
        ms: Math.round(elapsedTime),
        actorId: caller?.userId,
        sessionId: caller?.sessionId,
      },
      'request',
    );
  }
  done();
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
