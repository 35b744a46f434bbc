import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Allow } from 'class-validator';
import { MAX_LINE } from '../../platform/http/id-param.decorator.js';
import { EnumField, SecretField, TextField } from '../../platform/http/fields.js';

export class OAuthStartQuery {
  @TextField({
    max: 43,
    min: 43,
    pattern: /^[\w-]{43}$/,
    patternHint: 'must be the base64url of a SHA-256',
    example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    description: 'PKCE (RFC 7636), S256: the code can be exchanged only with what this was made of.',
  })
  code_challenge!: string;

  @EnumField({ values: ['S256'], name: 'CodeChallengeMethod', optional: true, example: 'S256' })
  code_challenge_method?: 'S256';

  @ApiPropertyOptional({
    type: 'string',
    format: 'uri',
    maxLength: MAX_LINE,
    example: 'https://app.example.com/signed-in',
    description: 'Where to return to: one of OAUTH_RETURN_URLS. Anything else leads to the first of them.',
  })
  @Allow()
  return_to?: unknown;
}

export class OAuthCodeDto {
  @SecretField({
    max: 128,
    example: 'oc_K1Jc0u3tUqYk0mXk1zVbWm9s0o1n8wYp5dPq2rE7aLs',
    description: 'The parameter `code` of the address the browser returned to. Good once, for a minute.',
  })
  code!: string;

  @SecretField({
    min: 43,
    max: 128,
    example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    description: 'What `code_challenge` was made of (RFC 7636).',
  })
  code_verifier!: string;
}

export class OAuthProviderResponse {
  @ApiProperty({ type: 'string', maxLength: 50, example: 'google' })
  id!: string;

  @ApiProperty({ type: 'string', maxLength: 64, example: 'Google', description: 'For the button.' })
  name!: string;
}

export class OAuthProviderListResponse {
  @ApiProperty({ type: [OAuthProviderResponse], maxItems: 100 })
  items!: OAuthProviderResponse[];
}

export class OAuthDoneResponse {
  @ApiProperty({
    type: 'string',
    maxLength: MAX_LINE,
    nullable: true,
    example: 'oc_K1Jc0u3tUqYk0mXk1zVbWm9s0o1n8wYp5dPq2rE7aLs',
  })
  code!: string | null;

  @ApiProperty({ type: 'string', maxLength: MAX_LINE, nullable: true, example: null })
  error!: string | null;
}
