import { DEFAULT_LANGUAGE, type Language, LANGUAGES } from '../common/language.js';
import {
  EmailField,
  EnumField,
  IdField,
  MobileField,
  PastDayField,
  Requires,
  TextField,
} from '../platform/http/fields.js';
import { validationFailed } from '../platform/http/validation.pipe.js';
import { type Gender, GENDERS } from './user.entity.js';
import type { NewUser } from './users.service.js';

export class ProfileDto {
  @TextField({ max: 64, example: 'Ada' })
  firstName!: string;

  @TextField({ max: 64, optional: true, nullable: true, example: 'Lovelace' })
  lastName?: string | null;

  @TextField({ max: 128, optional: true, nullable: true, example: 'Software Developer' })
  jobTitle?: string | null;

  @EnumField({ values: GENDERS, name: 'Gender', optional: true, nullable: true, example: 'female' })
  gender?: Gender | null;

  @PastDayField({ optional: true, nullable: true, description: 'Date of birth.' })
  dob?: string | null;

  @EnumField({
    values: LANGUAGES,
    name: 'Language',
    optional: true,
    example: DEFAULT_LANGUAGE,
    description: 'Messages to this person are written in it.',
  })
  language?: Language;
}

@Requires('anyOf', 'email', 'mobile')
export class CreateUserDto extends ProfileDto {
  @IdField({ example: 4 })
  roleId!: number;

  @EmailField({ optional: true, description: 'Needed unless `mobile` is given. The invitation goes here.' })
  email?: string;

  @MobileField({ optional: true, description: 'Answered in E.164. Needed unless `email` is given.' })
  mobile?: string;

  // It must not be mistaken for an e-mail address or a mobile number: a letter first, no @ and no +.
  @TextField({
    min: 3,
    max: 100,
    optional: true,
    pattern: /^[A-Za-z][A-Za-z0-9._-]*$/,
    patternHint: 'must begin with a letter and have only letters, digits, dots, underscores and hyphens',
    example: 'ada',
    description: 'To sign in with, beside the e-mail address or mobile number. Unique, whatever the case.',
  })
  username?: string;

  /** @throws ValidationFailed when there is neither e-mail nor mobile */
  static toNewUser(input: CreateUserDto): NewUser {
    if (input.email === undefined && input.mobile === undefined) {
      throw validationFailed([
        { field: 'email', rule: 'isContact', message: 'give email or mobile, or both' },
      ]);
    }
    return {
      profile: {
        firstName: input.firstName,
        lastName: input.lastName ?? null,
        jobTitle: input.jobTitle ?? null,
        gender: input.gender ?? null,
        dob: input.dob ?? null,
        language: input.language ?? DEFAULT_LANGUAGE,
      },
      roleId: input.roleId,
      email: input.email ?? null,
      mobile: input.mobile ?? null,
      username: input.username ?? null,
    };
  }
}
