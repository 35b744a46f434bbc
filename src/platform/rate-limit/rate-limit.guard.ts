import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress, networkOf } from '../http/client-address.js';
import { RateLimited } from './rate-limit.errors.js';

/**
 * Limits requests by address, and logins by address and account. Answers carry `RateLimit-Policy` and `RateLimit` as
 * structured fields (draft-ietf-httpapi-ratelimit-headers).
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  /** All routes, and all spellings of one, share a bucket; nothing the caller chooses is part of it. */
  protected override async getTracker(request: FastifyRequest): Promise<string> {
    return networkOf(clientAddress(request));
  }

  /** @throws RateLimited */
  protected override async handleRequest({
    context,
    limit,
    ttl,
    throttler,
    ...rest
  }: ThrottlerRequest): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const name = throttler.name ?? 'default';
    const tracker = await rest.getTracker(request, context);
    const key = `${name}:${createHash('sha256').update(tracker).digest('base64url')}`;
    const hit = await this.storageService.increment(key, ttl, limit, ttl, name);
    const remaining = Math.max(0, limit - hit.totalHits);
    append(reply, 'ratelimit-policy', `"${name}";q=${limit};w=${ttl / 1000}`);
    append(reply, 'ratelimit', `"${name}";r=${remaining};t=${hit.timeToExpire}`);
    if (hit.isBlocked) throw RateLimited.after(hit.timeToBlockExpire);
    return true;
  }
}

/** Structured field lists: further members follow after a comma. */
function append(reply: FastifyReply, header: string, member: string): void {
  const present = reply.getHeader(header);
  void reply.header(header, present === undefined ? member : `${String(present)}, ${member}`);
}
