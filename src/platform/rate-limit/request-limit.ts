import { hash } from 'node:crypto';
import type { FastifyReply, onRequestAsyncHookHandler } from 'fastify';
import { clientAddress, networkOf } from '../http/client-address.js';
import { sendProblem } from '../http/problem-details.js';
import { throttled } from '../metrics/throttled.js';
import { RateLimited } from '../../common/rate-limit.errors.js';
import type { RateLimitStorage } from './rate-limit.storage.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Over the limit, and to be told so by a page. */
    refusal?: RateLimited;
  }
}

export interface Bucket {
  readonly name: string;
  /** What is counted: nothing a caller chooses. */
  readonly tracker: string;
  readonly limit: number;
  /** Milliseconds */
  readonly ttl: number;
}

/**
 * A Fastify hook that counts every request by address: of all routes that Fastify knows, ours and others', and of
 * addresses and methods that no route takes. All routes, and all spellings of one, share a bucket. OPTIONS costs nothing
 * and is not counted.
 */
export function countRequests(storage: RateLimitStorage, limit: number): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const { isUnlimited, isPage } = request.routeOptions.config;
    if (isUnlimited || request.method === 'OPTIONS') return undefined;
    const tracker = networkOf(clientAddress(request));
    const refusal = await count(storage, { name: 'global', tracker, limit, ttl: 60_000 }, reply);
    if (!refusal) return undefined;
    if (isPage) {
      request.refusal = refusal;
      return undefined;
    }
    sendProblem(refusal, request, reply);
    return reply;
  };
}

/**
 * Counts one hit; the refusal when there were too many. Answers carry `RateLimit-Policy` and `RateLimit` as structured
 * fields (draft-ietf-httpapi-ratelimit-headers).
 */
export async function count(
  storage: Pick<RateLimitStorage, 'increment'>,
  { name, tracker, limit, ttl }: Bucket,
  reply: FastifyReply,
): Promise<RateLimited | null> {
  const key = `${name}:${hash('sha256', tracker, 'base64url')}`;
  const hit = await storage.increment(key, ttl, limit);
  append(reply, 'ratelimit-policy', `"${name}";q=${limit};w=${ttl / 1000}`);
  append(reply, 'ratelimit', `"${name}";r=${Math.max(0, limit - hit.totalHits)};t=${hit.timeToExpire}`);
  if (!hit.isBlocked) return null;
  throttled.inc({ limit: name });
  return RateLimited.after(hit.timeToBlockExpire);
}

/** Structured field lists: further members follow after a comma. */
function append(reply: FastifyReply, header: string, member: string): void {
  const present = reply.getHeader(header);
  void reply.header(header, present === undefined ? member : `${String(present)}, ${member}`);
}
