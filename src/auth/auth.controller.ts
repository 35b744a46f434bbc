import { Body, Controller, Header, Post } from '@nestjs/common';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Public } from '../access/access.decorators.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { ACCEPTS_FORM } from '../platform/http/media-types.js';
import { InvalidCredentials, InvalidResetToken } from './auth.errors.js';
import { LoginDto, TokenResponse } from './dto/login.dto.js';
import { ResetPasswordDto } from './dto/reset-password.dto.js';
import { PasswordResetService } from './password-reset.service.js';
import { SignInService } from './sign-in.service.js';

@ApiTags('Auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly passwordReset: PasswordResetService,
  ) {}

  @Post('login')
  @Public()
  @RouteConfig(ACCEPTS_FORM)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @Header('cache-control', 'no-store')
  @Endpoint({
    id: 'login',
    summary: 'Sign in with a password',
    description: 'Takes JSON or the OAuth2 password form.',
    response: TokenResponse,
    errors: [InvalidCredentials],
  })
  async login(@Body() input: LoginDto): Promise<TokenResponse> {
    const token = await this.signIn.signIn(input.username, input.password);
    return { access_token: token.value, token_type: 'Bearer', expires_in: token.expiresIn };
  }

  @Post('password/reset')
  @Public()
  @Endpoint({
    id: 'resetPassword',
    summary: 'Set a password with a token that was sent to you',
    description: 'For invitations and for resets alike. The token works once.',
    status: 204,
    errors: [InvalidResetToken],
  })
  async resetPassword(@Body() input: ResetPasswordDto): Promise<void> {
    await this.passwordReset.reset(input.token, input.newPassword);
  }
}
