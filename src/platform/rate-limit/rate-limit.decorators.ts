import { SetMetadata } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';

export const LOGIN_ROUTE = Symbol('counted by address and account');

/** Counts the route by address and account as well. */
export const LoginRateLimit = (): MethodDecorator => SetMetadata(LOGIN_ROUTE, true);

/** For probes, which cost next to nothing, and for services, which ask for everybody. */
export const NoRateLimit = (): MethodDecorator & ClassDecorator => SkipThrottle({ global: true });
