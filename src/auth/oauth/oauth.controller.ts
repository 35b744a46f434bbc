import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../access/access.decorators.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { donePage, OAuthConfig } from '../../users/identities/oauth.config.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { MAX_LINE } from '../../platform/http/id-param.decorator.js';
import { RouteNotFound, ValidationFailed } from '../../platform/http/http.errors.js';
import { OAuthLinkRequired, RegistrationDisabled } from '../../users/user.errors.js';
import { TokenResponse } from '../tokens/token.response.js';
import { SignInAnswersService } from '../sign-in/sign-in-answers.service.js';
import { OAuthCodeDto, OAuthDoneResponse, OAuthProviderListResponse, OAuthStartQuery } from './oauth.dto.js';
import { OAuthAuthorization } from './oauth-authorization.js';
import { OAuthProviders } from './oauth-providers.js';
import { OAuthSignIn } from './oauth-sign-in.js';
import {
  InvalidOAuthCode,
  OAuthFlowInvalid,
  OAuthProviderUnavailable,
  OAuthProviderUnknown,
  OAuthSignInRefused,
} from './oauth.errors.js';

const ProviderParam = () =>
  ApiParam({ name: 'provider', schema: { type: 'string', maxLength: 128 }, example: 'google' });

/** Sign-in through a provider: start and callback are for browsers, the rest is for clients. */
@ApiTags('Sign-in through providers')
@Controller('auth/oauth')
export class OAuthController {
  constructor(
    private readonly providers: OAuthProviders,
    private readonly authorization: OAuthAuthorization,
    private readonly signIn: OAuthSignIn,
    private readonly answers: SignInAnswersService,
    private readonly http: HttpConfig,
    private readonly config: OAuthConfig,
  ) {}

  @Get('providers')
  @Public()
  @Endpoint({
    id: 'listOAuthProviders',
    summary: 'List the providers one can sign in with',
    description: 'Those that are configured, for buttons.',
    response: OAuthProviderListResponse,
  })
  listProviders(): OAuthProviderListResponse {
    return { items: this.providers.list() };
  }

  @Get('done')
  @Public()
  @ApiQuery({ name: 'code', required: false, schema: { type: 'string', maxLength: MAX_LINE } })
  @ApiQuery({ name: 'error', required: false, schema: { type: 'string', maxLength: MAX_LINE } })
  @Endpoint({
    id: 'showOAuthResult',
    summary: 'See the one-time code',
    description: 'Where browsers return to while OAUTH_RETURN_URLS is not set. Not there in production.',
    response: OAuthDoneResponse,
    errors: [RouteNotFound],
  })
  showResult(@Query() query: Record<string, unknown>): OAuthDoneResponse {
    if (!this.config.returnUrls.includes(donePage(this.http.publicBaseUrl))) throw new RouteNotFound();
    const { code, error } = query;
    return {
      code: typeof code === 'string' ? code : null,
      error: typeof error === 'string' ? error : null,
    };
  }

  @Get(':provider/start')
  @Public()
  @ProviderParam()
  @Endpoint({
    id: 'startOAuth',
    summary: 'Send a browser to a provider to sign in',
    description:
      'For a link or a redirect, not for fetch. The browser comes back to `return_to` with `code`, which ' +
      '`auth/oauth/token` takes, or with `error`, a code of docs/errors.md.',
    status: 302,
    errors: [ValidationFailed, OAuthProviderUnknown, OAuthProviderUnavailable],
  })
  async start(
    @Param('provider') provider: string,
    @Query() query: OAuthStartQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { location, cookie } = await this.authorization.start({
      provider,
      returnTo: query.return_to,
      challenge: query.code_challenge,
      cookies: request.cookies,
    });
    await reply.setCookie(...cookie).redirect(location, 302);
  }

  @Get(':provider/callback')
  @Public()
  @ProviderParam()
  @Endpoint({
    id: 'finishOAuth',
    summary: 'Take a browser back from a provider',
    description: 'The redirect URI to register at the provider. Works once, in the browser that started.',
    status: 302,
    errors: [OAuthProviderUnknown, OAuthFlowInvalid],
  })
  async finish(
    @Param('provider') provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // As it was sent: which parameters a provider adds is its own affair.
    const query = request.url.split('?').slice(1).join('?');
    const location = await this.authorization.finish(provider, query, request.cookies);
    await reply.redirect(location, 302);
  }

  @Post('token')
  @Public()
  @Endpoint({
    id: 'exchangeOAuthCode',
    summary: 'Sign in with the one-time code',
    description:
      'Makes an account the first time, if REGISTRATION_ENABLED, or joins the one whose verified e-mail address a trusted provider has verified too.',
    response: TokenResponse,
    errors: [
      InvalidOAuthCode,
      OAuthProviderUnknown,
      OAuthSignInRefused,
      RegistrationDisabled,
      OAuthLinkRequired,
    ],
  })
  async exchange(
    @Body() input: OAuthCodeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.answers.answer(reply, this.signIn, { code: input.code, verifier: input.code_verifier });
  }
}
