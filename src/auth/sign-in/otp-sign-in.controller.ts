import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../access/access.decorators.js';
import { TooManyMessages } from '../../messages/message.errors.js';
import { InvalidCode } from '../../platform/otp/otp.errors.js';
import { ChallengeResponse } from '../../platform/http/challenge.response.js';
import { Cookies, type RequestCookies } from '../../platform/http/cookies.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { LoginRateLimit } from '../../platform/rate-limit/rate-limit.decorators.js';
import { TooManyAttempts } from '../lockout/lockout.errors.js';
import { TokenResponse } from '../tokens/token.response.js';
import { MessageLimitService } from '../lockout/message-limit.service.js';
import { OtpRequestDto, VerifyDto } from './otp-sign-in.dto.js';
import { OtpSignIn } from './otp-sign-in.js';
import { SignInAnswersService } from './sign-in-answers.service.js';

@ApiTags('Auth')
@Controller('auth/otp')
export class OtpSignInController {
  constructor(
    private readonly signIn: OtpSignIn,
    private readonly answers: SignInAnswersService,
    private readonly limit: MessageLimitService,
  ) {}

  @Post('request')
  @Public()
  @LoginRateLimit('identifier')
  @Endpoint({
    id: 'requestSignInCode',
    summary: 'Ask for a code to sign in with',
    description:
      'Sent to a verified e-mail address or mobile number. The answer is the same whether there is an account or not.',
    status: 202,
    response: ChallengeResponse,
    errors: [TooManyMessages],
  })
  async request(
    @Body() input: OtpRequestDto,
    @Cookies() cookies: RequestCookies,
  ): Promise<ChallengeResponse> {
    const asker = await this.limit.begin(cookies);
    return { challengeId: await this.signIn.request(input.identifier, asker) };
  }

  @Post('login')
  @Public()
  @LoginRateLimit('challengeId')
  @Endpoint({
    id: 'loginWithCode',
    summary: 'Sign in with a code',
    description: 'A code works once, for five minutes; three wrong ones lock.',
    response: TokenResponse,
    errors: [InvalidCode, TooManyAttempts],
  })
  async login(
    @Body() input: VerifyDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.answers.answer(reply, this.signIn, input);
  }
}
