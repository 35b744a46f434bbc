import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.js';
import { admit } from './callers.js';
import { AccessError } from './errors.js';
import { assertRule } from './rules.js';

export { callerOf } from './callers.js';

/** For Express 4 and 5, and whatever else takes its middleware. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/** Lets in who holds each of the privileges; `callerOf(request)` says who it is. */
export function requirePrivileges(access: Access, ...privileges: readonly [string, ...string[]]): Middleware {
  assertRule(privileges, 'requirePrivileges');
  return middleware(access, privileges);
}

/** Lets in who is signed in. */
export function authenticated(access: Access): Middleware {
  return middleware(access, []);
}

function middleware(access: Access, privileges: readonly string[]): Middleware {
  return async (request, response, next) => {
    try {
      admit(request, await access.checkHeader(request.headers.authorization, privileges));
    } catch (error) {
      if (!(error instanceof AccessError)) return next(error);
      const type = { 'Content-Type': 'application/problem+json' };
      response.writeHead(error.status, { ...error.headers, ...type }).end(JSON.stringify(error.problem));
      return undefined;
    }
    return next();
  };
}
