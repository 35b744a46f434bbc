import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import { cutText } from '../../common/text.js';
import { type Leave, leavePlacesBy } from '../../common/uncounted-wait.js';
import { clientAddress } from './client-address.js';
import { traceIdOf } from '../tracing/traceparent.js';
import { type OpenSpan, tracing } from '../tracing/tracing.js';

/** What the audit log and the logger say about the request being answered. */
export interface RequestContext {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string | null;
  /** Of the trace the request belongs to; undefined where nobody says. */
  readonly traceId?: string;
  /** Missing where the requests that are worked on are not bounded. */
  leavePlace?: Leave;
}

/** Who makes a request, as the log names them. */
export interface Caller {
  readonly userId: number;
  /** The sign-in the access token belongs to (`sid`). */
  readonly sessionId: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once it is known; null on public routes and for nobody. */
    caller: Caller | null;
    /** Null where nothing is traced. */
    span: OpenSpan | null;
  }
}

const storage = new AsyncLocalStorage<RequestContext>();
leavePlacesBy(() => storage.getStore()?.leavePlace?.() ?? (() => undefined));

export function contextOf(request: FastifyRequest): RequestContext {
  const agent = request.headers['user-agent'];
  return {
    requestId: request.id,
    ip: clientAddress(request),
    userAgent: agent === undefined ? null : cutText(agent, 256),
    traceId: request.span?.traceId ?? traceIdOf(request.headers.traceparent),
  };
}

export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Undefined outside a request: at start, in jobs and in commands. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/**
 * What lines of the log say of what they are written in, as those of a request itself do: the request that is answered, or
 * the trace that a job belongs to.
 */
export function aboutRequest(): object | undefined {
  const request = storage.getStore();
  if (request) return { reqId: request.requestId, traceId: request.traceId };
  const traceId = tracing.isOn ? traceIdOf(tracing.traceparent()) : undefined;
  return traceId === undefined ? undefined : { traceId };
}
