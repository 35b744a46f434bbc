import { ApiProperty } from '@nestjs/swagger';
import { type Language, LANGUAGES } from '../common/language.js';
import { PageOf } from '../platform/http/page.response.js';
import type { Contacts } from './identities/identities.service.js';
import { type Gender, GENDERS, type User } from './user.entity.js';

/** What is shown of a user, contacts apart. */
export type Shown = Pick<
  User,
  | 'id'
  | 'firstName'
  | 'lastName'
  | 'jobTitle'
  | 'gender'
  | 'dob'
  | 'language'
  | 'profileImageUrl'
  | 'isActive'
  | 'roleId'
  | 'createdAt'
  | 'updatedAt'
  | 'createdBy'
  | 'updatedBy'
>;

export class UserResponse {
  @ApiProperty({ type: 'integer', example: 42 })
  id!: number;

  @ApiProperty({ type: 'string', maxLength: 64, example: 'Ada' })
  firstName!: string;

  @ApiProperty({ type: 'string', maxLength: 64, nullable: true, example: 'Lovelace' })
  lastName!: string | null;

  @ApiProperty({ type: 'string', maxLength: 128, nullable: true, example: 'Software Developer' })
  jobTitle!: string | null;

  @ApiProperty({ enum: [...GENDERS], enumName: 'Gender', nullable: true, example: 'female' })
  gender!: Gender | null;

  @ApiProperty({ type: 'string', format: 'date', nullable: true, example: '1990-12-10' })
  dob!: string | null;

  @ApiProperty({ enum: [...LANGUAGES], enumName: 'Language', example: 'en' })
  language!: Language;

  @ApiProperty({ type: 'string', format: 'uri', maxLength: 512, nullable: true, example: null })
  profileImageUrl!: string | null;

  @ApiProperty({
    type: 'string',
    format: 'email',
    maxLength: 191,
    nullable: true,
    example: 'ada@example.com',
    description: 'The primary e-mail address.',
  })
  email!: string | null;

  @ApiProperty({
    type: 'string',
    maxLength: 16,
    nullable: true,
    example: null,
    description: 'The primary mobile number, E.164.',
  })
  mobile!: string | null;

  @ApiProperty({ type: 'boolean', example: true })
  isActive!: boolean;

  @ApiProperty({ type: 'integer', example: 4 })
  roleId!: number;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  updatedAt!: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1,
    description: 'The acting user; null for the system.',
  })
  createdBy!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 1 })
  updatedBy!: number | null;

  static from(user: Shown, contacts: Contacts | undefined): UserResponse {
    return {
      id: user.id,
      firstName: user.firstName,
      lastName: user.lastName,
      jobTitle: user.jobTitle,
      gender: user.gender,
      dob: user.dob,
      language: user.language,
      profileImageUrl: user.profileImageUrl,
      email: contacts?.email ?? null,
      mobile: contacts?.mobile ?? null,
      isActive: user.isActive,
      roleId: user.roleId,
      createdAt: user.createdAt.toISOString(),
      updatedAt: user.updatedAt.toISOString(),
      createdBy: user.createdBy,
      updatedBy: user.updatedBy,
    };
  }
}

export class UserPage extends PageOf(UserResponse) {}
