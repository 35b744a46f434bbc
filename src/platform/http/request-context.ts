import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import { cutText } from '../../common/text.js';
import { clientAddress } from './client-address.js';
import { traceIdOf } from './traceparent.js';

/** What the audit log and the logger say about the request being answered. */
export interface RequestContext {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string | null;
  /** Of the trace the request belongs to; undefined where nobody says. */
  readonly traceId?: string;
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
  }
}

const storage = new AsyncLocalStorage<RequestContext>();

export function contextOf(request: FastifyRequest): RequestContext {
  const agent = request.headers['user-agent'];
  return {
    requestId: request.id,
    ip: clientAddress(request),
    userAgent: agent === undefined ? null : cutText(agent, 256),
    traceId: traceIdOf(request.headers.traceparent),
  };
}

export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Undefined outside a request: at start, in jobs and in commands. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** What lines of the log that a service writes while a request is answered say of it, as those of the request itself do. */
export function aboutRequest(): object | undefined {
  const request = storage.getStore();
  return request && { reqId: request.requestId, traceId: request.traceId };
}
