import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { TokenPair } from './token-pair.js';

/** Examples, for documents. */
export const ACCESS_TOKEN = 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.…';
export const REFRESH_TOKEN = 'rt_K1Jc0u3tUqYk0mXk1zVbWm9s0o1n8wYp5dPq2rE7aLs';

@ApiSchema({ name: 'TokenPair' })
export class TokenResponse {
  @ApiProperty({ type: 'string', maxLength: 8192, example: ACCESS_TOKEN })
  access_token!: string;

  @ApiProperty({ enum: ['Bearer'], enumName: 'TokenType', example: 'Bearer' })
  token_type!: 'Bearer';

  @ApiProperty({ type: 'integer', example: 900, description: 'Seconds the access token is good for.' })
  expires_in!: number;

  @ApiProperty({
    type: 'string',
    maxLength: 256,
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
