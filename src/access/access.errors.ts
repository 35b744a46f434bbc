import { defineError } from '../common/app-error.js';

/** RFC 6750 section 3.1: without credentials the challenge carries no error code. */
export class AuthenticationRequired extends defineError({
  code: 'authentication_required',
  status: 401,
  title: 'Sign in first: send an access token as "Authorization: Bearer …".',
}) {
  constructor() {
    super(undefined, { headers: { 'WWW-Authenticate': 'Bearer' } });
  }
}

export class InvalidAccessToken extends defineError({
  code: 'invalid_access_token',
  status: 401,
  title: 'The access token is not valid, or no longer. Sign in again.',
}) {
  constructor(cause?: unknown) {
    super(undefined, { headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' }, cause });
  }
}

export class ReauthenticationRequired extends defineError({
  code: 'reauth_required',
  status: 403,
  title: 'Sign in again: this needs a sign-in of the last few minutes.',
}) {}

export class PrivilegeRequired extends defineError({
  code: 'privilege_required',
  status: 403,
  title: 'Your role does not hold the privilege this needs.',
}) {}
