import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  HttpException,
  type Provider,
  SetMetadata,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { Access } from './access.js';
import { admit, callerOf } from './callers.js';
import { AccessError, PrivilegeRequired } from './errors.js';
import { type AccessRule, assertRule } from './rules.js';

export { callerOf };

const RULE = 'gatehouse:access';

/** Anyone may call the route, or each route of the controller that does not say otherwise. */
export const Public = () => SetMetadata<string, AccessRule>(RULE, 'public');

/** Anybody signed in may. */
export const Authenticated = () => SetMetadata<string, AccessRule>(RULE, 'authenticated');

/** Only who holds each of the privileges may. */
export function RequirePrivileges(...privileges: readonly [string, ...string[]]) {
  assertRule(privileges, '@RequirePrivileges');
  return SetMetadata<string, AccessRule>(RULE, privileges);
}

/** Who calls, in a route that is not public. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<object>()),
);

interface Request {
  readonly headers: { readonly authorization?: string };
}

interface Response {
  header(name: string, value: string): unknown;
}

/** Holds every route to its decorator; one without is closed to everybody. On Express and on Fastify, for HTTP only. */
export class AccessGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(private readonly access: Access) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === 'public') return true;
    if (context.getType() !== 'http') throw new Error('AccessGuard knows who calls over HTTP only');
    const request = context.switchToHttp().getRequest<Request>();
    try {
      const privileges = Array.isArray(rule) ? (rule as readonly string[]) : [];
      const caller = await this.access.checkHeader(request.headers.authorization, privileges);
      if (rule === undefined) throw new PrivilegeRequired();
      admit(request, caller);
      return true;
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      const response = context.switchToHttp().getResponse<Response>();
      const headers = { ...error.headers, 'Content-Type': 'application/problem+json' };
      for (const [name, value] of Object.entries(headers)) response.header(name, value);
      throw new HttpException(error.problem, error.status, { cause: error });
    }
  }
}

/** The providers of an app: `Access` to ask with, and the guard before every route. */
export function provideAccess(access: Access): Provider[] {
  return [
    { provide: Access, useValue: access },
    { provide: APP_GUARD, useValue: new AccessGuard(access) },
  ];
}
