import { defineError } from '../../common/app-error.js';

/** RFC 6749 section 5.2. One answer for unknown, used, expired and revoked refresh tokens. */
export class InvalidGrant extends defineError({
  code: 'invalid_grant',
  status: 401,
  title: 'The refresh token is not valid, or no longer. Sign in again.',
}) {
  constructor() {
    super(undefined, { headers: { 'WWW-Authenticate': 'Bearer' }, oauthError: 'invalid_grant' });
  }
}

export class SessionNotFound extends defineError({
  code: 'session_not_found',
  status: 404,
  title: 'There is no such session.',
}) {}
