import { defineError } from '../../common/app-error.js';

/** RFC 6749 section 5.2. */
export class UnsupportedGrantType extends defineError({
  code: 'unsupported_grant_type',
  status: 400,
  title: 'This grant type is not supported here.',
}) {
  constructor(detail?: string) {
    super(detail, { oauthError: 'unsupported_grant_type' });
  }
}

/** RFC 6749 section 5.2. */
export class InvalidClient extends defineError({
  code: 'invalid_client',
  status: 400,
  title: 'There is no client with this client_id.',
}) {
  constructor() {
    super(undefined, { oauthError: 'invalid_client' });
  }
}
