import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { SecretField, TextField } from '../../platform/http/fields.js';
import { ClientParameters } from '../grants/client-parameters.js';
import { ACCESS_TOKEN } from '../tokens/token.response.js';

/** RFC 7662 section 2.1, RFC 7009 section 2.1. */
@ApiSchema({ name: 'PresentedToken' })
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

  @ApiPropertyOptional({ enum: ['Bearer'], enumName: 'TokenType', example: 'Bearer' })
  token_type?: 'Bearer';

  @ApiPropertyOptional({ type: 'string', maxLength: 256, example: 'gatehouse' })
  client_id?: string;

  @ApiPropertyOptional({ type: 'string', maxLength: 16, example: '42' })
  sub?: string;

  @ApiPropertyOptional({ type: 'string', maxLength: 16, example: '1071' })
  sid?: string;

  @ApiPropertyOptional({ type: 'string', maxLength: 2048, example: 'https://id.example.com' })
  iss?: string;

  @ApiPropertyOptional({ type: 'string', maxLength: 256, example: 'gatehouse' })
  aud?: string;

  @ApiPropertyOptional({ type: 'string', format: 'uuid', example: '5353f605-62c8-4953-a6ae-3cbd01586e19' })
  jti?: string;

  @ApiPropertyOptional({ type: 'integer', example: 1_795_296_619 })
  iat?: number;

  @ApiPropertyOptional({ type: 'integer', example: 1_795_297_519 })
  exp?: number;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', maxLength: 32 },
    maxItems: 10,
    example: ['pwd'],
    description: 'How the user proved who they are (RFC 8176), as the token says.',
  })
  amr?: readonly string[] | undefined;

  @ApiPropertyOptional({
    type: 'integer',
    example: 1_795_296_019,
    description: 'When they last did, as the token says. Seconds since 1970.',
  })
  auth_time?: number | undefined;
}
