import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
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

export class JwksResponse {
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [
      {
        kty: 'RSA',
        kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
        alg: 'RS256',
        use: 'sig',
        n: '0vx7…',
        e: 'AQAB',
      },
    ],
  })
  keys!: readonly JWK[];
}

export class AuthorizationServerMetadata {
  @ApiProperty({ type: 'string', example: 'https://id.example.com' })
  issuer!: string;

  @ApiProperty({ type: 'string', example: 'https://id.example.com/api/v1/auth/login' })
  token_endpoint!: string;

  @ApiProperty({ type: 'string', example: 'https://id.example.com/.well-known/jwks.json' })
  jwks_uri!: string;

  @ApiProperty({ type: 'string', example: 'https://id.example.com/api/v1/auth/validate' })
  introspection_endpoint!: string;

  @ApiProperty({ type: 'string', example: 'https://id.example.com/api/v1/auth/revoke' })
  revocation_endpoint!: string;

  @ApiProperty({ type: [String], example: ['password', 'refresh_token'] })
  grant_types_supported!: string[];

  @ApiProperty({ type: [String], example: [] })
  response_types_supported!: string[];

  @ApiProperty({ type: [String], example: ['none'] })
  token_endpoint_auth_methods_supported!: string[];

  @ApiProperty({ type: [String], example: ['Bearer'] })
  introspection_endpoint_auth_methods_supported!: string[];

  @ApiProperty({ type: [String], example: ['none', 'Bearer'] })
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
