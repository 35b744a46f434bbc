import { defineError } from '../../common/app-error.js';

export class InvalidResetToken extends defineError({
  code: 'invalid_reset_token',
  status: 400,
  title: 'This token is unknown, used or out of date. Ask for a new one.',
}) {}
