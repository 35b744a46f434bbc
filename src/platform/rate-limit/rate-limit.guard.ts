import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress, networkOf } from '../http/client-address.js';
import type { RateLimitStorage } from './rate-limit.storage.js';
import { LOGIN_ROUTE, NEW_PASSWORD_ROUTE } from './rate-limit.decorators.js';
import { count } from './request-limit.js';

/** The limits that some routes have beside the one of all requests (see countRequests). */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  /** @throws RateLimited */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { refusal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (refusal) throw refusal;
    if (!isCountedApart(context.getHandler())) return true;
    return super.canActivate(context);
  }

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
    const tracker = await rest.getTracker(request, context);
    const bucket = { name: throttler.name ?? 'default', tracker, limit, ttl };
    const refusal = await count(this.storage, bucket, reply);
    if (refusal) throw refusal;
    return true;
  }

  private get storage(): RateLimitStorage {
    return this.storageService as RateLimitStorage;
  }
}

function isCountedApart(handler: object): boolean {
  return Reflect.hasMetadata(LOGIN_ROUTE, handler) || Reflect.hasMetadata(NEW_PASSWORD_ROUTE, handler);
}
