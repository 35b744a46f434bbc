import { defineError } from '../../common/app-error.js';

export class IdentityTaken extends defineError({
  code: 'identity_taken',
  status: 409,
  title: 'This e-mail address or mobile number belongs to another user.',
}) {}

export class IdentityNotFound extends defineError({
  code: 'identity_not_found',
  status: 404,
  title: 'There is no such identity.',
}) {}

export class TooManyContacts extends defineError({
  code: 'too_many_contacts',
  status: 409,
  title: 'You have as many e-mail addresses and mobile numbers as you may have. Remove one first.',
}) {}

/** Whether an address is somebody's is told to who adds it: not often enough to ask about many. */
export class TooManyAdditions extends defineError({
  code: 'too_many_additions',
  status: 429,
  title: 'You have added too many e-mail addresses and mobile numbers. Wait as long as Retry-After says.',
}) {
  static after(seconds: number): TooManyAdditions {
    return new TooManyAdditions(undefined, { headers: { 'Retry-After': String(Math.max(1, seconds)) } });
  }
}

export class AlreadyVerified extends defineError({
  code: 'already_verified',
  status: 409,
  title: 'This e-mail address or mobile number is verified already.',
}) {}

export class NotVerified extends defineError({
  code: 'not_verified',
  status: 409,
  title: 'This e-mail address or mobile number is not verified. Verify it first.',
}) {}

export class LastWayIn extends defineError({
  code: 'last_way_in',
  status: 409,
  title: 'You could not sign in any more without this one. Add another way to sign in first.',
}) {}

export class OAuthAccountTaken extends defineError({
  code: 'oauth_account_taken',
  status: 409,
  title: 'This account at the provider is linked to another user.',
}) {}
