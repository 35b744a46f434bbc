import { defineError } from '../../common/app-error.js';

const WAYS_IN =
  'The username or the password is wrong, or too many wrong passwords have paused sign-in for devices that are new. ' +
  'Sign in with a one-time code (auth/otp/request) or set a new password by a link (auth/password/forgot).';

/**
 * One answer for unknown user, wrong password, locked, disabled, deleted and unverified alike. It names the ways in that
 * strangers cannot close, to everybody: whoever is paused by the failures of others learns of them here.
 */
export class InvalidCredentials extends defineError({
  code: 'invalid_credentials',
  status: 401,
  title: 'The username or the password is wrong.',
}) {
  constructor(detail = WAYS_IN) {
    super(detail, { headers: { 'WWW-Authenticate': 'Bearer' }, oauthError: 'invalid_grant' });
  }
}

export class TooManyAttempts extends defineError({
  code: 'too_many_attempts',
  status: 429,
  title: 'There were too many wrong passwords or codes. Wait as long as Retry-After says.',
}) {
  static after(seconds: number): TooManyAttempts {
    return new TooManyAttempts(undefined, { headers: { 'Retry-After': String(Math.max(1, seconds)) } });
  }
}
