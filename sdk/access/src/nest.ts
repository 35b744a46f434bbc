import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  HttpException,
  type Provider,
  SetMetadata,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, Reflector } from '@nestjs/core';
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
  status(code: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

/** What a filter of the app sees, if it takes everything. */
class AccessRefused extends HttpException {
  constructor(readonly error: AccessError) {
    super(error.problem, error.status, { cause: error });
  }
}

/** Answers it as it is: what Nest answers on Express is `application/json` at every error. */
class AccessRefusedFilter implements ExceptionFilter<AccessRefused> {
  catch({ error }: AccessRefused, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    response.header('Content-Type', 'application/problem+json');
    response.status(error.status);
    response.send(JSON.stringify(error.problem));
  }
}
Catch(AccessRefused)(AccessRefusedFilter);

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
      for (const [name, value] of Object.entries(error.headers)) response.header(name, value);
      throw new AccessRefused(error);
    }
  }
}

/** The providers of an app: `Access` to ask with, the guard before every route, and what answers for it. */
export function provideAccess(access: Access): Provider[] {
  return [
    { provide: Access, useValue: access },
    { provide: APP_GUARD, useValue: new AccessGuard(access) },
    { provide: APP_FILTER, useValue: new AccessRefusedFilter() },
  ];
}
