import { ApiProperty } from '@nestjs/swagger';
import { type Contact, readContactFields } from '../../messages/contact.js';
import { ChallengeField, CodeField, EmailField, MobileField, Requires } from '../../platform/http/fields.js';
import type { IdentityView } from './contacts.repository.js';
import { IDENTITY_TYPES, type IdentityType } from './identity.entity.js';

@Requires('oneOf', 'email', 'mobile')
export class AddIdentityDto {
  @EmailField({ optional: true, description: 'Give either `email` or `mobile`.' })
  email?: string;

  @MobileField({ optional: true, example: undefined, description: 'Answered in E.164.' })
  mobile?: string;

  /** @throws ValidationFailed unless exactly one is given */
  static toContact(input: AddIdentityDto): Contact {
    return readContactFields(input);
  }
}

export class VerifyIdentityDto {
  @ChallengeField({ description: 'The one the code was asked for with.' })
  challengeId!: string;

  @CodeField({})
  code!: string;
}

export class IdentityResponse {
  @ApiProperty({ type: 'integer', example: 7 })
  id!: number;

  @ApiProperty({ enum: [...IDENTITY_TYPES], enumName: 'IdentityType', example: 'email' })
  type!: IdentityType;

  @ApiProperty({
    type: 'string',
    maxLength: 191,
    nullable: true,
    example: 'ada@example.com',
    description: 'Null for accounts at a provider.',
  })
  value!: string | null;

  @ApiProperty({
    type: 'string',
    maxLength: 50,
    nullable: true,
    example: null,
    description: 'Of an account at a provider.',
  })
  provider!: string | null;

  @ApiProperty({ type: 'boolean', example: true, description: 'Only what is verified can be used.' })
  isVerified!: boolean;

  @ApiProperty({ type: 'boolean', example: true })
  isPrimary!: boolean;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  createdAt!: string;

  static from(identity: IdentityView): IdentityResponse {
    const { id, type, value, oauthProvider, isVerified, isPrimary, createdAt } = identity;
    return {
      id,
      type,
      value,
      provider: oauthProvider,
      isVerified,
      isPrimary,
      createdAt: createdAt.toISOString(),
    };
  }
}

export class IdentityListResponse {
  @ApiProperty({ type: [IdentityResponse], maxItems: 100 })
  items!: IdentityResponse[];
}
