import { Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../access/access.decorators.js';
import { Cookies, type RequestCookies } from '../../platform/http/cookies.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { LoginRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import { Overloaded } from '../../platform/security/security.errors.js';
import { InvalidCredentials, TooManyAttempts } from '../lockout/lockout.errors.js';
import { LoginDto } from './login.dto.js';
import { RefreshDto } from '../sessions/refresh.dto.js';
import { TokenResponse } from '../tokens/token.response.js';
import { UnsupportedGrantType } from '../grants/grant.errors.js';
import { GrantParameters, OAuthEndpoint } from '../grants/oauth-endpoint.js';
import { RefreshService } from '../sessions/refresh.service.js';
import { InvalidGrant } from '../sessions/session.errors.js';
import { PasswordSignIn } from './password-sign-in.js';
import { SignInAnswersService } from './sign-in-answers.service.js';

@ApiTags('Auth')
@Controller('auth')
export class LoginController {
  constructor(
    private readonly password: PasswordSignIn,
    private readonly answers: SignInAnswersService,
    private readonly refreshing: RefreshService,
  ) {}

  /** The token endpoint of OAuth 2 clients, which have one for every grant. */
  @Post('login')
  @Public()
  @LoginRateLimit('username')
  @OAuthEndpoint()
  @Endpoint({
    id: 'login',
    summary: 'Sign in with a password',
    description:
      'Takes JSON or the OAuth2 password form. Wrong passwords pause the account for strangers; a device that has signed in before is known by a cookie. For OAuth2 clients this is the token endpoint: it takes `grant_type=refresh_token` as `auth/refresh` does.',
    response: TokenResponse,
    body: [LoginDto, RefreshDto],
    errors: [InvalidCredentials, InvalidGrant, UnsupportedGrantType, TooManyAttempts, Overloaded],
  })
  async login(
    @GrantParameters(['password', LoginDto], ['refresh_token', RefreshDto]) input: LoginDto | RefreshDto,
    @Cookies() cookies: RequestCookies,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    if (input instanceof RefreshDto)
      return TokenResponse.from(await this.refreshing.refresh(input.refresh_token));
    const { username: identifier, password } = input;
    return this.answers.answer(reply, this.password, {
      identifier,
      password,
      cookies,
    });
  }
}
