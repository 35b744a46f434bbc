import { Controller, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public, RequirePrivileges } from '../../access/access.decorators.js';
import { AuthenticationRequired, InvalidAccessToken } from '../../access/access.errors.js';
import { ActorResolver } from '../../access/actor-resolver.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { NoRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import { IntrospectionResponse, TokenDto } from './introspection.dto.js';
import { FIRST_PARTY_CLIENT } from '../grants/client-parameters.js';
import { OAuthEndpoint, OAuthParameters } from '../grants/oauth-endpoint.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import { IntrospectionService } from './introspection.service.js';
import { tokensPrivileges } from './token.privileges.js';

@ApiTags('Auth')
@Controller('auth')
export class IntrospectionController {
  constructor(
    private readonly introspection: IntrospectionService,
    private readonly actors: ActorResolver,
  ) {}

  @Post('validate')
  @NoRateLimit()
  @RequirePrivileges(tokensPrivileges.validate)
  @OAuthEndpoint()
  @Endpoint({
    id: 'validateToken',
    summary: 'Ask whether an access token is good at this moment (RFC 7662)',
    description:
      'For services. Sessions that have ended and users who may not act are seen at once. Takes JSON or a form.',
    response: IntrospectionResponse,
    body: TokenDto,
  })
  async validate(@OAuthParameters(TokenDto) input: TokenDto): Promise<IntrospectionResponse> {
    const claims = await this.introspection.introspect(input.token);
    return claims ? describe(claims) : { active: false };
  }

  @Post('revoke')
  @Public()
  @ApiBearerAuth('bearer')
  @OAuthEndpoint()
  @Endpoint({
    id: 'revokeToken',
    summary: 'Revoke a token of yours (RFC 7009)',
    description:
      'Its whole session ends. The caller is signed in and owns the token, or is the public client it was issued to, which sends `client_id` and has the token for proof. The answer is the same for a token that is unknown or not yours. Takes JSON or a form.',
    status: 200,
    body: TokenDto,
    errors: [AuthenticationRequired, InvalidAccessToken],
  })
  async revoke(@OAuthParameters(TokenDto) input: TokenDto, @Req() request: FastifyRequest): Promise<void> {
    const isClient = input.client_id !== undefined && request.headers.authorization === undefined;
    const caller = isClient ? null : await this.actors.resolve(request);
    await this.introspection.revoke(input.token, caller);
  }
}

function describe(claims: AccessTokenClaims): IntrospectionResponse {
  const { userId, sessionId, iss, aud, jti, iat, exp, amr, authTime } = claims;
  return {
    active: true,
    token_type: 'Bearer',
    client_id: FIRST_PARTY_CLIENT,
    sub: String(userId),
    sid: String(sessionId),
    iss,
    aud,
    jti,
    iat,
    exp,
    amr,
    auth_time: authTime,
  };
}
