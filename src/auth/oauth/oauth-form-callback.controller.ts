import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../access/access.decorators.js';
import { ACCEPTS_FORM } from '../../platform/http/media-types.js';
import { OAuthProviders } from './oauth-providers.js';

/** What is handed on: the answer of RFC 6749, `iss` of RFC 9207 and Apple's `user`. */
const PARAMETERS = ['code', 'state', 'iss', 'error', 'error_description', 'user'] as const;
/** Of each; what is longer is no answer of a provider. Characters. */
const MAX_LENGTH = 4_096;

/**
 * Takes the answer of a provider that has the browser post it (OAuth 2.0 Form Post Response Mode). A post from another
 * site comes without the cookie of the browser it began in (`SameSite=Lax`); the redirect it is answered with does not.
 */
@ApiExcludeController()
@Controller('auth/oauth')
export class OAuthFormCallbackController {
  constructor(private readonly providers: OAuthProviders) {}

  /** @throws OAuthProviderUnknown */
  @Post(':provider/callback')
  @Public()
  @RouteConfig(ACCEPTS_FORM)
  async handOn(
    @Param('provider') provider: string,
    @Body() form: Readonly<Record<string, unknown>> | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.providers.get(provider);
    const callback = new URL(this.providers.redirectUri(provider));
    for (const name of PARAMETERS) {
      const value = form?.[name];
      if (typeof value === 'string' && value.length <= MAX_LENGTH) callback.searchParams.set(name, value);
    }
    await reply.header('cache-control', 'no-store').redirect(callback.href, 303);
  }
}
