import { type ExecutionContext, Module } from '@nestjs/common';
import { type ThrottlerModuleOptions, ThrottlerModule } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { canonicalIdentifier, type Region } from '../../common/canonical-contact.js';
import { RateLimitConfig } from './rate-limit.config.js';
import { HttpConfig } from '../http/http.config.js';
import { clientAddress, networkOf } from '../http/client-address.js';
import { LOGIN_ROUTE, NEW_PASSWORD_ROUTE } from './rate-limit.decorators.js';
import { RateLimitStorage } from './rate-limit.storage.js';

const MINUTE = 60_000;

/** Fields that name the account, of a route that is counted by it. */
function fieldsOf(context: ExecutionContext): readonly string[] | undefined {
  return Reflect.getMetadata(LOGIN_ROUTE, context.getHandler()) as readonly string[] | undefined;
}

type BodyRequest = FastifyRequest<{ Body: Record<string, unknown> | null | undefined }>;

/** The account a body names, in the one spelling that all others of it come down to. */
function accountOf({ body }: BodyRequest, fields: readonly string[], region: Region | null): string[] {
  return fields.map((field) => {
    const value = body?.[field];
    return typeof value === 'string' ? canonicalIdentifier(value.trim(), region).toLowerCase() : '';
  });
}

/** Whether there is no account to count by: another grant at the token endpoint, or a body that will be refused. */
function namesNoAccount(context: ExecutionContext): boolean {
  const request = context.switchToHttp().getRequest<BodyRequest>();
  const account = accountOf(request, fieldsOf(context) ?? [], null);
  return account.every((value) => value === '');
}

@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [RateLimitConfig, HttpConfig, RateLimitStorage],
      useFactory: (
        config: RateLimitConfig,
        http: HttpConfig,
        storage: RateLimitStorage,
      ): ThrottlerModuleOptions => ({
        storage,
        throttlers: [
          {
            name: 'login',
            ttl: MINUTE,
            limit: config.login,
            skipIf: namesNoAccount,
            getTracker: (request, context) => {
              const typed = request as unknown as BodyRequest;
              const account = accountOf(typed, fieldsOf(context) ?? [], http.defaultRegion);
              return [networkOf(clientAddress(typed)), ...account].join('\0');
            },
          },
          {
            name: 'new-password',
            ttl: MINUTE,
            limit: config.newPassword,
            skipIf: (context) => Reflect.getMetadata(NEW_PASSWORD_ROUTE, context.getHandler()) === undefined,
          },
        ],
      }),
    }),
  ],
  exports: [ThrottlerModule],
})
export class RateLimitModule {}
