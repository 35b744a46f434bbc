import { defineError } from '../../common/app-error.js';

export class OAuthProviderUnknown extends defineError({
  code: 'oauth_provider_unknown',
  status: 404,
  title: 'There is no such provider to sign in with.',
}) {}

export class OAuthProviderUnavailable extends defineError({
  code: 'oauth_provider_unavailable',
  status: 503,
  title: 'The provider cannot be reached right now. Try again shortly.',
}) {
  constructor(cause?: unknown) {
    super(undefined, { headers: { 'Retry-After': '10' }, cause });
  }
}

export class OAuthFlowInvalid extends defineError({
  code: 'oauth_flow_invalid',
  status: 400,
  title: 'This sign-in was not started in this browser, is out of date or has been finished. Start again.',
}) {}

export class OAuthDenied extends defineError({
  code: 'oauth_denied',
  status: 403,
  title: 'You declined to sign in at the provider.',
}) {}

export class OAuthFailed extends defineError({
  code: 'oauth_failed',
  status: 403,
  title: 'What the provider answered proves nothing. Start again.',
}) {}

export class InvalidOAuthCode extends defineError({
  code: 'invalid_oauth_code',
  status: 400,
  title: 'This code is unknown, used, out of date or belongs to another client. Start again.',
}) {}

export class OAuthSignInRefused extends defineError({
  code: 'oauth_sign_in_refused',
  status: 403,
  title: 'This account cannot sign in. Ask an administrator.',
}) {}
