import { ApiProperty } from '@nestjs/swagger';
import { EnumField, SecretField, TextField } from '../../platform/http/fields.js';

/** The OAuth2 password form (RFC 6749 section 4.3.2), as JSON or as a form. */
export class LoginDto {
  @TextField({
    max: 191,
    example: 'admin@example.com',
    description: 'Username, e-mail address or mobile number.',
  })
  username!: string;

  @SecretField({ max: 1024, example: 'correct horse battery staple' })
  password!: string;

  @EnumField({ values: ['password'], name: 'GrantType', optional: true, example: 'password' })
  grant_type?: 'password';

  // Clients of the OAuth2 form send these; nothing here depends on them.
  @TextField({ max: 512, min: 0, optional: true, description: 'Accepted and ignored.' })
  scope?: string;

  @TextField({ max: 256, min: 0, optional: true, description: 'Accepted and ignored.' })
  client_id?: string;

  @SecretField({ max: 256, min: 0, optional: true, description: 'Accepted and ignored.' })
  client_secret?: string;
}

export class TokenResponse {
  @ApiProperty({ type: 'string', example: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.…' })
  access_token!: string;

  @ApiProperty({ type: 'string', enum: ['Bearer'], example: 'Bearer' })
  token_type!: 'Bearer';

  @ApiProperty({ type: 'integer', example: 900, description: 'Seconds the access token is good for.' })
  expires_in!: number;
}
