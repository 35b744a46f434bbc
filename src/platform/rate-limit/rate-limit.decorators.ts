import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { UNLIMITED } from '../http/endpoint.decorator.js';
import { addRouteConfig } from '../http/route-config.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    isUnlimited?: boolean;
    isPage?: boolean;
  }
}

export const LOGIN_ROUTE = Symbol('counted by address and account');
export const NEW_PASSWORD_ROUTE = Symbol('counted by address, beside all others');

/** Counts the route by address and account as well. The account is what these fields of its body say. */
export const LoginRateLimit = (...fields: readonly string[]): MethodDecorator =>
  SetMetadata(LOGIN_ROUTE, fields);

/** Counts the route by address in a bucket of those that hash a new password, which is a quarter of a second of work. */
export const NewPasswordRateLimit = (): MethodDecorator => SetMetadata(NEW_PASSWORD_ROUTE, true);

/** For probes, which cost next to nothing, and for services, which ask for everybody. */
export const NoRateLimit = (): MethodDecorator =>
  applyDecorators(addRouteConfig({ isUnlimited: true }), ApiExtension(UNLIMITED, true));

/** For people: a refusal is thrown in the guard, so that the filter of the page shows it. */
export const RefusedAsPage = (): MethodDecorator => addRouteConfig({ isPage: true });
