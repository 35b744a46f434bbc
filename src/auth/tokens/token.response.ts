import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { EnumField, SecretField, TextField } from '../../platform/http/fields.js';
import { ClientParameters } from '../grants/client-parameters.js';
import type { TokenPair } from './token-pair.js';

const ACCESS_TOKEN = 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.…';
const REFRESH_TOKEN = 'rt_K1Jc0u3tUqYk0mXk1zVbWm9s0o1n8wYp5dPq2rE7aLs';

export class TokenResponse {
  @ApiProperty({ type: 'string', example: ACCESS_TOKEN })
  access_token!: string;

  @ApiProperty({ type: 'string', enum: ['Bearer'], example: 'Bearer' })
  token_type!: 'Bearer';

  @ApiProperty({ type: 'integer', example: 900, description: 'Seconds the access token is good for.' })
  expires_in!: number;

  @ApiProperty({
    type: 'string',
    example: REFRESH_TOKEN,
    description: 'Good once; exchange it at `auth/refresh`.',
  })
  refresh_token!: string;

  static from(pair: TokenPair): TokenResponse {
    return {
      access_token: pair.accessToken,
      token_type: 'Bearer',
      expires_in: pair.expiresIn,
      refresh_token: pair.refreshToken,
    };
  }
}

/** RFC 6749 section 6, as JSON or as a form. */
export class RefreshDto extends ClientParameters {
  @SecretField({ max: 256, example: REFRESH_TOKEN })
  refresh_token!: string;

  @EnumField({
    values: ['refresh_token'],
    name: 'RefreshGrantType',
    optional: true,
    example: 'refresh_token',
  })
  grant_type?: 'refresh_token';

  @TextField({ max: 512, min: 0, optional: true, description: 'Accepted and ignored.' })
  scope?: string;
}

/** RFC 7662 section 2.1, RFC 7009 section 2.1. */
export class TokenDto extends ClientParameters {
  @SecretField({ max: 8192, example: ACCESS_TOKEN, description: 'An access token or a refresh token.' })
  token!: string;

  @TextField({
    max: 64,
    min: 0,
    optional: true,
    example: 'access_token',
    description: 'Accepted and ignored: the kind is seen from the token.',
  })
  token_type_hint?: string;
}

/** RFC 7662 section 2.2. Of a token that is not active nothing but that is told. */
export class IntrospectionResponse {
  @ApiProperty({ type: 'boolean', example: true })
  active!: boolean;

  @ApiPropertyOptional({ type: 'string', enum: ['Bearer'], example: 'Bearer' })
  token_type?: 'Bearer';

  @ApiPropertyOptional({ type: 'string', example: 'gatehouse' })
  client_id?: string;

  @ApiPropertyOptional({ type: 'string', example: '42' })
  sub?: string;

  @ApiPropertyOptional({ type: 'string', example: '1071' })
  sid?: string;

  @ApiPropertyOptional({ type: 'string', example: 'https://id.example.com' })
  iss?: string;

  @ApiPropertyOptional({ type: 'string', example: 'gatehouse' })
  aud?: string;

  @ApiPropertyOptional({ type: 'string', example: '5353f605-62c8-4953-a6ae-3cbd01586e19' })
  jti?: string;

  @ApiPropertyOptional({ type: 'integer', example: 1_795_296_619 })
  iat?: number;

  @ApiPropertyOptional({ type: 'integer', example: 1_795_297_519 })
  exp?: number;
}
