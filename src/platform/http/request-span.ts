import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceIdOf } from '../tracing/traceparent.js';
import { tracing } from '../tracing/tracing.js';
import { isLogged } from './not-logged.decorator.js';

/** Begins the span of a request, probes excepted: part of the trace its caller names, else of one of its own. */
export function beginSpan(request: FastifyRequest): void {
  if (!tracing.isOn) return;
  const { url: route, config } = request.routeOptions;
  if (!isLogged(config)) return;
  const { method, headers, protocol } = request;
  const { traceparent } = headers;
  request.span = tracing.begin(route === undefined ? method : `${method} ${route}`, {
    kind: 'server',
    parent: typeof traceparent === 'string' ? traceparent : null,
    attributes: {
      'http.request.method': method,
      'url.scheme': protocol,
      ...(route !== undefined && { 'http.route': route }),
    },
  });
  // Said already where the caller has named the trace.
  if (request.span && traceIdOf(traceparent) === undefined)
    request.log = request.log.child({ traceId: request.span.traceId });
}

/** A Fastify hook that ends it. What is not the caller's fault is a failure. */
export function endSpan({ span }: FastifyRequest, { statusCode }: FastifyReply, done: () => void): void {
  if (span) {
    span.set('http.response.status_code', statusCode);
    if (statusCode >= 500) span.fail(undefined);
    span.end();
  }
  done();
}
