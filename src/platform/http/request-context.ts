import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import { cutText } from '../../common/text.js';
import { clientAddress } from './client-address.js';

/** What the audit log and the logger say about the request being answered. */
export interface RequestContext {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string | null;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function contextOf(request: FastifyRequest): RequestContext {
  const agent = request.headers['user-agent'];
  return {
    requestId: request.id,
    ip: clientAddress(request),
    userAgent: agent === undefined ? null : cutText(agent, 256),
  };
}

export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Undefined outside a request: at start, in jobs and in commands. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}
