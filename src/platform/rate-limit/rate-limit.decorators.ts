import { SetMetadata } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';

export const LOGIN_ROUTE = Symbol('counted by address and account');

/** Counts the route by address and account as well. The account is what these fields of its body say. */
export const LoginRateLimit = (...fields: readonly string[]): MethodDecorator =>
  SetMetadata(LOGIN_ROUTE, fields);

/** For probes, which cost next to nothing, and for services, which ask for everybody. */
export const NoRateLimit = (): MethodDecorator & ClassDecorator => SkipThrottle({ global: true });
