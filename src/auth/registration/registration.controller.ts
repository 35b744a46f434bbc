import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/access.decorators.js';
import { TooManyMessages } from '../../messages/message.errors.js';
import { InvalidCode } from '../../platform/otp/otp.errors.js';
import { ChallengeResponse } from '../../platform/http/challenge.response.js';
import { Cookies, type RequestCookies } from '../../platform/http/cookies.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { LoginRateLimit, NewPasswordRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import { Overloaded } from '../../platform/security/security.errors.js';
import { RegistrationDisabled } from '../../users/user.errors.js';
import { TooManyAttempts } from '../lockout/lockout.errors.js';
import { MessageLimitService } from '../lockout/message-limit.service.js';
import { CodeVerification } from './code-verification.js';
import { VerifyDto } from '../sign-in/otp-sign-in.dto.js';
import { RegisterDto } from './register.dto.js';
import { RegistrationService } from './registration.service.js';

@ApiTags('Auth')
@Controller('auth')
export class RegistrationController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly verification: CodeVerification,
    private readonly limit: MessageLimitService,
  ) {}

  @Post('register')
  @Public()
  @LoginRateLimit('email', 'mobile')
  @NewPasswordRateLimit()
  @Endpoint({
    id: 'register',
    summary: 'Ask for an account',
    description:
      'A code is sent to the address; the account is made when it is presented at `auth/verify`. The answer is the same for every address; the owner of one that has an account already is told so there.',
    status: 202,
    response: ChallengeResponse,
    errors: [RegistrationDisabled, TooManyMessages, Overloaded],
  })
  async register(@Body() input: RegisterDto, @Cookies() cookies: RequestCookies): Promise<ChallengeResponse> {
    const asker = await this.limit.begin(cookies);
    return { challengeId: await this.registration.request(RegisterDto.toRequest(input), asker) };
  }

  @Post('verify')
  @Public()
  @Endpoint({
    id: 'verify',
    summary: 'Prove an address with the code that was sent to it',
    description: 'Completes a registration, or proves an address that was added to an account.',
    status: 204,
    errors: [InvalidCode, TooManyAttempts],
  })
  async verify(@Body() input: VerifyDto): Promise<void> {
    await this.verification.verify(input.challengeId, input.code);
  }
}
