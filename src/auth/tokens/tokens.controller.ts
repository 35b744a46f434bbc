import { Body, Controller, Header, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, RequirePrivileges } from '../../access/access.decorators.js';
import type { Actor } from '../../access/actor.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { IntrospectionResponse, TokenDto } from '../dto/tokens.dto.js';
import { NoRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import type { AccessTokenClaims } from './access-token-claims.js';
import { IntrospectionService } from './introspection.service.js';
import { tokensPrivileges } from './token.privileges.js';

@ApiTags('Auth')
@Controller('auth')
export class TokensController {
  constructor(private readonly introspection: IntrospectionService) {}

  @Post('validate')
  @NoRateLimit()
  @RequirePrivileges(tokensPrivileges.validate)
  @Header('cache-control', 'no-store')
  @Endpoint({
    id: 'validateToken',
    summary: 'Ask whether an access token is good at this moment (RFC 7662)',
    description: 'For services. Sessions that have ended and users who may not act are seen at once.',
    response: IntrospectionResponse,
  })
  async validate(@Body() input: TokenDto): Promise<IntrospectionResponse> {
    const claims = await this.introspection.introspect(input.token);
    return claims ? describe(claims) : { active: false };
  }

  @Post('revoke')
  @Authenticated()
  @Endpoint({
    id: 'revokeToken',
    summary: 'Revoke a token of yours (RFC 7009)',
    description: 'Its whole session ends. The answer is the same for a token that is unknown or not yours.',
    status: 200,
  })
  async revoke(@Body() input: TokenDto, @CurrentActor() actor: Actor): Promise<void> {
    await this.introspection.revoke(input.token, actor);
  }
}

function describe({ userId, sessionId, iss, aud, jti, iat, exp }: AccessTokenClaims): IntrospectionResponse {
  return {
    active: true,
    token_type: 'Bearer',
    sub: String(userId),
    sid: String(sessionId),
    iss,
    aud,
    jti,
    iat,
    exp,
  };
}
