import { SecretField, TextField } from '../../platform/http/fields.js';

export class ResetPasswordDto {
  @TextField({
    max: 128,
    example: 'pr_K1Jc0u3tUqYk0mXk1zVbWm9s0o1n8wYp5dPq2rE7aLs',
    description: 'The token that was sent.',
  })
  token!: string;

  @SecretField({
    max: 1024,
    example: 'correct horse battery staple',
    description: 'PASSWORD_MIN_LENGTH (12) to 128 characters.',
  })
  newPassword!: string;
}
