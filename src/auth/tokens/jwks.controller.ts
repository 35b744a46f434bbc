import { Controller, Get, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { JWK } from 'jose';
import { createHash } from 'node:crypto';
import { Public } from '../../access/access.decorators.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { SigningKeys } from './signing-keys.service.js';

/** Seconds a verifier may keep the key set. A new key is published at least this long before it signs. */
const MAX_AGE = 300;

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

@ApiTags('Auth')
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(private readonly signingKeys: SigningKeys) {}

  @Get('jwks.json')
  @Public()
  @Endpoint({
    id: 'getJwks',
    summary: 'Public keys access tokens are verified with (RFC 7517)',
    response: JwksResponse,
  })
  get(@Res({ passthrough: true }) reply: FastifyReply): JwksResponse {
    const keys = this.signingKeys.publicKeys;
    const etag = createHash('sha256').update(JSON.stringify(keys)).digest('base64url');
    void reply.header('cache-control', `public, max-age=${MAX_AGE}`).header('etag', `"${etag}"`);
    return { keys };
  }
}
