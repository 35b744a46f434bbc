import { Body, Controller, Headers, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, Public } from '../../access/access.decorators.js';
import type { Actor } from '../../access/actor.js';
import { TooManyMessages } from '../../messages/message.errors.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { NewPasswordRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import { Overloaded } from '../../platform/security/security.errors.js';
import { InvalidCredentials, InvalidResetToken, TooManyAttempts } from '../lockout/lockout.errors.js';
import { ChangePasswordDto } from './change-password.dto.js';
import { ForgotPasswordDto } from '../recovery/forgot-password.dto.js';
import { ResetPasswordDto } from './reset-password.dto.js';
import { PasswordRecovery } from '../recovery/password-recovery.service.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordResetService } from './password-reset.service.js';

@ApiTags('Auth')
@Controller('auth/password')
export class PasswordsController {
  constructor(
    private readonly recovery: PasswordRecovery,
    private readonly resetting: PasswordResetService,
    private readonly changing: PasswordChangeService,
  ) {}

  @Post('forgot')
  @Public()
  @Endpoint({
    id: 'forgotPassword',
    summary: 'Ask for a link to set a new password',
    description:
      'The answer is the same whether there is such an account or not. If there is, the link goes to the address stored for it, if that has been verified, and works once, for RECOVERY_TTL (15 minutes).',
    status: 202,
    errors: [TooManyMessages],
  })
  async forgot(@Body() input: ForgotPasswordDto, @Headers('cookie') cookies?: string): Promise<void> {
    await this.recovery.request(input.identifier, cookies);
  }

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
