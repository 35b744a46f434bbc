import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { JWK } from 'jose';
import { Public } from '../../access/access.decorators.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { TokensConfig } from './tokens.config.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { SingleResource } from '../../platform/http/etag.js';
import { NoRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import { SigningKeys } from './signing-keys.js';

/** Seconds a verifier may keep the key set. A new key is published at least this long before it signs. */
export const JWKS_MAX_AGE = 300;
const CACHEABLE = `public, max-age=${JWKS_MAX_AGE}`;

const TEXT = { type: 'string', maxLength: 1024 } as const;
const ADDRESS = { type: 'string', format: 'uri', maxLength: 2048 } as const;
const NAMES = { type: 'array', items: { type: 'string', maxLength: 64 }, maxItems: 10 } as const;

/** RFC 7517: an RSA key has `n` and `e`, one of an elliptic curve `crv`, `x` and `y`. */
export class JwkResponse {
  @ApiProperty({ ...TEXT, example: 'RSA' })
  kty!: string;

  @ApiProperty({ ...TEXT, example: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' })
  kid!: string;

  @ApiProperty({ ...TEXT, example: 'RS256' })
  alg!: string;

  @ApiProperty({ ...TEXT, example: 'sig' })
  use!: string;

  @ApiPropertyOptional({
    ...TEXT,
    example: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc',
  })
  n?: string;

  @ApiPropertyOptional({ ...TEXT, example: 'AQAB' })
  e?: string;

  @ApiPropertyOptional(TEXT)
  crv?: string;

  @ApiPropertyOptional(TEXT)
  x?: string;

  @ApiPropertyOptional(TEXT)
  y?: string;
}

export class JwksResponse {
  @ApiProperty({ type: [JwkResponse], maxItems: 100 })
  keys!: readonly JWK[];
}

export class AuthorizationServerMetadata {
  @ApiProperty({ ...ADDRESS, example: 'https://id.example.com' })
  issuer!: string;

  @ApiProperty({ ...ADDRESS, example: 'https://id.example.com/api/v1/auth/login' })
  token_endpoint!: string;

  @ApiProperty({ ...ADDRESS, example: 'https://id.example.com/.well-known/jwks.json' })
  jwks_uri!: string;

  @ApiProperty({ ...ADDRESS, example: 'https://id.example.com/api/v1/auth/validate' })
  introspection_endpoint!: string;

  @ApiProperty({ ...ADDRESS, example: 'https://id.example.com/api/v1/auth/revoke' })
  revocation_endpoint!: string;

  @ApiProperty({ ...NAMES, example: ['password', 'refresh_token'] })
  grant_types_supported!: string[];

  @ApiProperty({ ...NAMES, example: [] })
  response_types_supported!: string[];

  @ApiProperty({ ...NAMES, example: ['none'] })
  token_endpoint_auth_methods_supported!: string[];

  @ApiProperty({ ...NAMES, example: ['Bearer'] })
  introspection_endpoint_auth_methods_supported!: string[];

  @ApiProperty({ ...NAMES, example: ['none', 'Bearer'] })
  revocation_endpoint_auth_methods_supported!: string[];
}

/** What every verifier reads, from pages of any origin too. Made from memory, it counts against nobody's limit. */
@ApiTags('Auth')
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class WellKnownController {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly http: HttpConfig,
    private readonly config: TokensConfig,
  ) {}

  @Get('jwks.json')
  @Public()
  @NoRateLimit()
  @SingleResource()
  @Header('cache-control', CACHEABLE)
  @Header('access-control-allow-origin', '*')
  @Endpoint({
    id: 'getJwks',
    summary: 'Public keys access tokens are verified with (RFC 7517)',
    description: 'Fetch it again when a token names a key you do not know, at most once in 30 seconds.',
    response: JwksResponse,
  })
  getKeys(): JwksResponse {
    return { keys: this.signingKeys.publicKeys };
  }

  @Get('oauth-authorization-server')
  @Public()
  @NoRateLimit()
  @SingleResource()
  @Header('cache-control', CACHEABLE)
  @Header('access-control-allow-origin', '*')
  @Endpoint({
    id: 'getAuthorizationServerMetadata',
    summary: 'Where everything is, for OAuth 2 clients (RFC 8414)',
    description: 'Metadata of the authorization server. It may be kept for as long as the key set.',
    response: AuthorizationServerMetadata,
  })
  getMetadata(): AuthorizationServerMetadata {
    const base = this.http.publicBaseUrl;
    return {
      issuer: this.config.issuer,
      token_endpoint: `${base}/api/v1/auth/login`,
      jwks_uri: `${base}/.well-known/jwks.json`,
      introspection_endpoint: `${base}/api/v1/auth/validate`,
      revocation_endpoint: `${base}/api/v1/auth/revoke`,
      grant_types_supported: ['password', 'refresh_token'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint_auth_methods_supported: ['Bearer'],
      revocation_endpoint_auth_methods_supported: ['none', 'Bearer'],
    };
  }
}
