import { SetMetadata } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';

export const LOGIN_ROUTE = Symbol('counted by address and account');

/** Counts the route by address and account as well. The account is what these fields of its body say. */
export const LoginRateLimit = (...fields: readonly string[]): MethodDecorator =>
  SetMetadata(LOGIN_ROUTE, fields);

export const NEW_PASSWORD_ROUTE = Symbol('counted by address, beside all others');

/** Counts the route by address in a bucket of those that hash a new password, which is a quarter of a second of work. */
export const NewPasswordRateLimit = (): MethodDecorator => SetMetadata(NEW_PASSWORD_ROUTE, true);

/** For probes, which cost next to nothing, and for services, which ask for everybody. */
export const NoRateLimit = (): MethodDecorator & ClassDecorator => SkipThrottle({ global: true });
