import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, Public } from '../../access/access.decorators.js';
import type { Actor } from '../../access/actor.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { NewPasswordRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import { Overloaded } from '../../platform/security/security.errors.js';
import { InvalidCredentials, TooManyAttempts } from '../lockout/lockout.errors.js';
import { InvalidResetToken } from './password.errors.js';
import { ChangePasswordDto } from './change-password.dto.js';
import { ResetPasswordDto } from './reset-password.dto.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordResetService } from './password-reset.service.js';

@ApiTags('Auth')
@Controller('auth/password')
export class PasswordsController {
  constructor(
    private readonly resetting: PasswordResetService,
    private readonly changing: PasswordChangeService,
  ) {}

  @Post('reset')
  @Public()
  @NewPasswordRateLimit()
  @Endpoint({
    id: 'resetPassword',
    summary: 'Set a password with a token that was sent to you',
    description: 'For invitations and for resets alike. The token works once; every session of yours ends.',
    status: 204,
    errors: [InvalidResetToken, Overloaded],
  })
  async reset(@Body() input: ResetPasswordDto): Promise<void> {
    await this.resetting.reset(input.token, input.newPassword);
  }

  @Post('change')
  @Authenticated()
  @NewPasswordRateLimit()
  @Endpoint({
    id: 'changePassword',
    summary: 'Change your password',
    description: 'Every other session of yours ends.',
    status: 204,
    errors: [InvalidCredentials, TooManyAttempts, Overloaded],
  })
  async change(@Body() input: ChangePasswordDto, @CurrentActor() actor: Actor): Promise<void> {
    await this.changing.change(input.currentPassword, input.newPassword, actor);
  }
}
