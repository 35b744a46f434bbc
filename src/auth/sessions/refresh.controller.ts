import { Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/access.decorators.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { UnsupportedGrantType } from '../grants/grant.errors.js';
import { GrantParameters, OAuthEndpoint } from '../grants/oauth-endpoint.js';
import { TokenResponse } from '../tokens/token.response.js';
import { RefreshDto } from './refresh.dto.js';
import { RefreshService } from './refresh.service.js';
import { InvalidGrant } from './session.errors.js';

@ApiTags('Auth')
@Controller('auth')
export class RefreshController {
  constructor(private readonly refreshing: RefreshService) {}

  @Post('refresh')
  @Public()
  @OAuthEndpoint()
  @Endpoint({
    id: 'refresh',
    summary: 'Exchange a refresh token',
    description:
      'Takes JSON or the OAuth2 form. A refresh token is good once. Sent again within ten seconds it answers the same successor; later its whole session ends.',
    response: TokenResponse,
    body: RefreshDto,
    errors: [InvalidGrant, UnsupportedGrantType],
  })
  async refresh(@GrantParameters(['refresh_token', RefreshDto]) input: RefreshDto): Promise<TokenResponse> {
    return TokenResponse.from(await this.refreshing.refresh(input.refresh_token));
  }
}
