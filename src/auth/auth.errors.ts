import { defineError } from '../common/app-error.js';

/** One answer for unknown user, wrong password, disabled, deleted and unverified alike. */
export class InvalidCredentials extends defineError({
  code: 'invalid_credentials',
  status: 401,
  title: 'The username or the password is wrong.',
}) {
  constructor(detail?: string) {
    super(detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
  }
}

export class InvalidResetToken extends defineError({
  code: 'invalid_reset_token',
  status: 400,
  title: 'This token is unknown, used or out of date. Ask for a new one.',
}) {}

export class TooManyAttempts extends defineError({
  code: 'too_many_attempts',
  status: 429,
  title: 'There were too many wrong passwords or codes. Wait as long as Retry-After says.',
}) {
  static after(seconds: number): TooManyAttempts {
    return new TooManyAttempts(undefined, { headers: { 'Retry-After': String(Math.max(1, seconds)) } });
  }
}
