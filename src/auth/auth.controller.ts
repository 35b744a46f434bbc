import { Body, Controller, Header, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticated, CurrentActor, Public } from '../access/access.decorators.js';
import type { Actor } from '../access/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { ACCEPTS_FORM } from '../platform/http/media-types.js';
import { LoginRateLimit } from '../platform/rate-limit/rate-limit.decorators.js';
import { Overloaded } from '../platform/security/security.errors.js';
import { InvalidCredentials, InvalidResetToken, TooManyAttempts } from './auth.errors.js';
import { ChangePasswordDto } from './dto/change-password.dto.js';
import { LoginDto } from './dto/login.dto.js';
import { ResetPasswordDto } from './dto/reset-password.dto.js';
import { RefreshDto, TokenResponse } from './dto/tokens.dto.js';
import { KnownDevices } from './lockout/known-devices.js';
import { PasswordChangeService } from './passwords/password-change.service.js';
import { PasswordResetService } from './passwords/password-reset.service.js';
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
    private readonly passwordChange: PasswordChangeService,
    private readonly passwordReset: PasswordResetService,
  ) {}

  @Post('login')
  @Public()
  @LoginRateLimit()
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
    const { userId, tokens } = await this.signIn.signIn(
      input.username,
      input.password,
      request.headers.cookie,
    );
    void reply.header('set-cookie', this.devices.cookieFor(userId));
    return TokenResponse.from(tokens);
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

  @Post('password/change')
  @Authenticated()
  @Endpoint({
    id: 'changePassword',
    summary: 'Change your password',
    description: 'Every other session of yours ends.',
    status: 204,
    errors: [InvalidCredentials, TooManyAttempts, Overloaded],
  })
  async changePassword(@Body() input: ChangePasswordDto, @CurrentActor() actor: Actor): Promise<void> {
    await this.passwordChange.change(input.currentPassword, input.newPassword, actor);
  }

  @Post('password/reset')
  @Public()
  @Endpoint({
    id: 'resetPassword',
    summary: 'Set a password with a token that was sent to you',
    description: 'For invitations and for resets alike. The token works once; every session of yours ends.',
    status: 204,
    errors: [InvalidResetToken, Overloaded],
  })
  async resetPassword(@Body() input: ResetPasswordDto): Promise<void> {
    await this.passwordReset.reset(input.token, input.newPassword);
  }
}
