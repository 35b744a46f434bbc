import { SecretField } from '../../platform/http/fields.js';

export class ChangePasswordDto {
  @SecretField({ max: 1024, example: 'correct horse battery staple' })
  currentPassword!: string;

  @SecretField({
    max: 1024,
    example: 'paper lantern over water',
    description: 'PASSWORD_MIN_LENGTH (12) to 128 characters.',
  })
  newPassword!: string;
}
