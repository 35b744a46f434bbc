import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import { ApiProblems } from '../platform/http/endpoint.decorator.js';
import {
  AuthenticationRequired,
  InvalidAccessToken,
  PrivilegeRequired,
  ReauthenticationRequired,
} from './access.errors.js';
import { actorOf } from './access.guard.js';
import { ACCESS_RULE, type AccessRule, RECENT_SIGN_IN } from './access-rule.js';
import type { PrivilegeDefinition } from './privilege.js';

const access = (rule: AccessRule) => SetMetadata(ACCESS_RULE, rule);
const signedIn = () =>
  applyDecorators(ApiBearerAuth('bearer'), ApiProblems(AuthenticationRequired, InvalidAccessToken));

/** Anyone may call the route. */
export function Public(): MethodDecorator {
  return access({ kind: 'public' });
}

/** Any signed-in user may call the route. */
export function Authenticated(): MethodDecorator {
  return applyDecorators(access({ kind: 'authenticated' }), signedIn());
}

/** Only users whose role holds every one of `privileges` may call the route. */
export function RequirePrivileges(...privileges: readonly PrivilegeDefinition[]): MethodDecorator {
  const names = privileges.map((privilege) => privilege.name);
  return applyDecorators(
    access({ kind: 'privileges', names }),
    signedIn(),
    ApiProblems(PrivilegeRequired),
    ApiExtension('x-required-privileges', names),
  );
}

/**
 * For what somebody who found an open screen must not do: the route needs a sign-in that is no older than
 * REAUTHENTICATION_MAX_AGE. A refresh is no sign-in. Stands beside one of the decorators above.
 */
export function RecentSignIn(): MethodDecorator {
  return applyDecorators(
    SetMetadata(RECENT_SIGN_IN, true),
    ApiProblems(ReauthenticationRequired),
    ApiExtension('x-recent-sign-in', true),
  );
}

/** The caller, in a route that is not public. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) =>
  actorOf(context.switchToHttp().getRequest()),
);
