import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/access.decorators.js';
import { Cookies, type RequestCookies } from '../../platform/http/cookies.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { TooManyMessages } from '../../messages/message.errors.js';
import { ForgotPasswordDto } from './forgot-password.dto.js';
import { PasswordRecoveryService } from './password-recovery.service.js';

@ApiTags('Auth')
@Controller('auth/password')
export class RecoveryController {
  constructor(private readonly recovery: PasswordRecoveryService) {}

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
  async forgot(@Body() input: ForgotPasswordDto, @Cookies() cookies: RequestCookies): Promise<void> {
    await this.recovery.request(input.identifier, cookies);
  }
}
