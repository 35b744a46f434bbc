import { Body, Controller, Header, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { ACCEPTS_FORM } from '../platform/http/media-types.js';
import { LoginRateLimit } from '../platform/rate-limit/rate-limit.decorators.js';
import { Overloaded } from '../platform/security/security.errors.js';
import { InvalidCredentials, TooManyAttempts } from './auth.errors.js';
import { LoginDto } from './dto/login.dto.js';
import { RefreshDto, TokenResponse } from './dto/tokens.dto.js';
import { KnownDevices } from './lockout/known-devices.js';
import { RefreshService } from './sessions/refresh.service.js';
import { InvalidGrant } from './sessions/session.errors.js';
import { SignInService } from './sign-in/sign-in.service.js';

@ApiTags('Auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly devices: KnownDevices,
    private readonly refreshing: RefreshService,
  ) {}

  @Post('login')
  @Public()
  @LoginRateLimit('username')
  @RouteConfig(ACCEPTS_FORM)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @Header('cache-control', 'no-store')
  @Endpoint({
    id: 'login',
    summary: 'Sign in with a password',
    description:
      'Takes JSON or the OAuth2 password form. Wrong passwords pause the account for strangers; a device that has signed in before is known by a cookie.',
    response: TokenResponse,
    errors: [InvalidCredentials, TooManyAttempts, Overloaded],
  })
  async login(
    @Body() input: LoginDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const signedIn = await this.signIn.signIn(input.username, input.password, request.headers.cookie);
    void reply.header('set-cookie', this.devices.cookieFor(signedIn));
    return TokenResponse.from(signedIn.tokens);
  }

  @Post('refresh')
  @Public()
  @Header('cache-control', 'no-store')
  @Endpoint({
    id: 'refresh',
    summary: 'Exchange a refresh token',
    description:
      'A refresh token is good once. Sent again within ten seconds it answers the same successor; later its whole session ends.',
    response: TokenResponse,
    errors: [InvalidGrant],
  })
  async refresh(@Body() input: RefreshDto): Promise<TokenResponse> {
    return TokenResponse.from(await this.refreshing.refresh(input.refresh_token));
  }
}
