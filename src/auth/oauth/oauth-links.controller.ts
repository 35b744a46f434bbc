import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, RecentSignIn } from '../../access/access.decorators.js';
import type { Actor } from '../../access/actor.js';
import { OAuthAccountTaken } from '../../users/identities/identity.errors.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { OAuthCodeDto } from './oauth.dto.js';
import { OAuthLinks } from './oauth-links.js';
import { InvalidOAuthCode, OAuthProviderUnknown } from './oauth.errors.js';

@ApiTags('Own account')
@Controller('users/me/identities/oauth')
export class OAuthLinksController {
  constructor(private readonly links: OAuthLinks) {}

  @Post()
  @Authenticated()
  @RecentSignIn()
  @Endpoint({
    id: 'linkOAuthAccount',
    summary: 'Link an account at a provider',
    description:
      'Begin as for a sign-in, at `auth/oauth/{provider}/start`, and bring the one-time code here instead.',
    status: 204,
    errors: [InvalidOAuthCode, OAuthProviderUnknown, OAuthAccountTaken],
  })
  async link(@Body() input: OAuthCodeDto, @CurrentActor() actor: Actor): Promise<void> {
    await this.links.link(input.code, input.code_verifier, actor);
  }
}
