import { ChallengeField, CodeField, IdentifierField } from '../../platform/http/fields.js';

export class OtpRequestDto {
  @IdentifierField({ description: 'E-mail address or mobile number.' })
  identifier!: string;
}

export class VerifyDto {
  @ChallengeField({ description: 'As it was answered when the code was asked for.' })
  challengeId!: string;

  @CodeField({ description: 'As it was sent.' })
  code!: string;
}
