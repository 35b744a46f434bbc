import { defineError } from '../common/app-error.js';

export class IdentityTaken extends defineError({
  code: 'identity_taken',
  status: 409,
  title: 'This e-mail address or mobile number belongs to another user.',
}) {}
