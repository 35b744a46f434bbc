import { type ExecutionContext, Module } from '@nestjs/common';
import { type ThrottlerModuleOptions, ThrottlerModule } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { clientAddress, networkOf } from '../http/client-address.js';
import { RedisConnection } from '../redis/redis.js';
import { LOGIN_ROUTE } from './rate-limit.decorators.js';
import { RateLimitStorage } from './rate-limit.storage.js';

const MINUTE = 60_000;

function isLogin(context: ExecutionContext): boolean {
  return Reflect.getMetadata(LOGIN_ROUTE, context.getHandler()) === true;
}

/** Address and account, the account in the one spelling that case and spaces around it come down to. */
function loginTracker(request: Record<string, unknown>): string {
  const typed = request as unknown as FastifyRequest<{ Body: { username?: unknown } | undefined }>;
  const { body } = typed;
  const username = typeof body?.username === 'string' ? body.username.trim().toLowerCase() : '';
  return `${networkOf(clientAddress(typed))}\0${username}`;
}

@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [Config, RedisConnection],
      useFactory: (config: Config, redis: RedisConnection): ThrottlerModuleOptions => ({
        storage: new RateLimitStorage(redis),
        throttlers: [
          { name: 'global', ttl: MINUTE, limit: config.rateLimits.global },
          {
            name: 'login',
            ttl: MINUTE,
            limit: config.rateLimits.login,
            skipIf: (context) => !isLogin(context),
            getTracker: (request) => loginTracker(request),
          },
        ],
      }),
    }),
  ],
  exports: [ThrottlerModule],
})
export class RateLimitModule {}
