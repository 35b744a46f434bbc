import { LANGUAGES, DEFAULT_LANGUAGE, type Language } from '../../common/language.js';
import { readContactFields } from '../../messages/contact.js';
import {
  EmailField,
  EnumField,
  MobileField,
  Requires,
  SecretField,
  TextField,
} from '../../platform/http/fields.js';
import type { RegistrationRequest } from './registration.service.js';

@Requires('oneOf', 'email', 'mobile')
export class RegisterDto {
  @TextField({ max: 64, example: 'Ada' })
  firstName!: string;

  @TextField({ max: 64, optional: true, nullable: true, example: 'Lovelace' })
  lastName?: string | null;

  @EmailField({ optional: true, description: 'Give either `email` or `mobile`. The code goes there.' })
  email?: string;

  @MobileField({ optional: true, example: undefined, description: 'Answered in E.164.' })
  mobile?: string;

  @SecretField({
    max: 1024,
    example: 'correct horse battery staple',
    description: 'PASSWORD_MIN_LENGTH (12) to 128 characters.',
  })
  password!: string;

  @EnumField({
    values: LANGUAGES,
    name: 'Language',
    optional: true,
    example: 'en',
    description: 'Of the messages to this person.',
  })
  language?: Language;

  /** @throws ValidationFailed unless exactly one contact is given */
  static toRequest(input: RegisterDto): RegistrationRequest {
    return {
      firstName: input.firstName,
      lastName: input.lastName ?? null,
      language: input.language ?? DEFAULT_LANGUAGE,
      contact: readContactFields(input),
      password: input.password,
    };
  }
}
