import { type ExecutionContext, Module } from '@nestjs/common';
import { type ThrottlerModuleOptions, ThrottlerModule } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { clientAddress, networkOf } from '../http/client-address.js';
import { LOGIN_ROUTE, NEW_PASSWORD_ROUTE } from './rate-limit.decorators.js';
import { RateLimitStorage } from './rate-limit.storage.js';

const MINUTE = 60_000;

/** Fields that name the account, of a route that is counted by it. */
function fieldsOf(context: ExecutionContext): readonly string[] | undefined {
  return Reflect.getMetadata(LOGIN_ROUTE, context.getHandler()) as readonly string[] | undefined;
}

/** Address and account, the account in the one spelling that case and spaces around it come down to. */
function loginTracker(request: Record<string, unknown>, fields: readonly string[]): string {
  const typed = request as unknown as FastifyRequest<{ Body: Record<string, unknown> | undefined }>;
  const account = fields.map((field) => {
    const value = typed.body?.[field];
    return typeof value === 'string' ? value.trim().toLowerCase() : '';
  });
  return [networkOf(clientAddress(typed)), ...account].join('\0');
}

@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [Config, RateLimitStorage],
      useFactory: (config: Config, storage: RateLimitStorage): ThrottlerModuleOptions => ({
        storage,
        throttlers: [
          {
            name: 'login',
            ttl: MINUTE,
            limit: config.rateLimits.login,
            skipIf: (context) => fieldsOf(context) === undefined,
            getTracker: (request, context) => loginTracker(request, fieldsOf(context) ?? []),
          },
          {
            name: 'new-password',
            ttl: MINUTE,
            limit: config.rateLimits.newPassword,
            skipIf: (context) => Reflect.getMetadata(NEW_PASSWORD_ROUTE, context.getHandler()) === undefined,
          },
        ],
      }),
    }),
  ],
  exports: [ThrottlerModule],
})
export class RateLimitModule {}
