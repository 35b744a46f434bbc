import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { KnownDevicesService } from '../lockout/known-devices.service.js';
import { TokenResponse } from '../tokens/token.response.js';
import { SessionOpener } from './session-opener.js';
import type { SignInMethod } from './sign-in-method.js';

/** Answers sign-ins over HTTP, whatever the way: the one place where what they come to is written. */
@Injectable()
export class SignInAnswersService {
  constructor(
    private readonly opener: SessionOpener,
    private readonly devices: KnownDevicesService,
  ) {}

  /** The tokens; the device is known from now on. @throws what the way to sign in refuses with */
  async answer<Input>(reply: FastifyReply, way: SignInMethod<Input>, input: Input): Promise<TokenResponse> {
    const { tokens, device } = await this.opener.signIn(way, input);
    void reply.setCookie(...this.devices.cookieFor(device));
    return TokenResponse.from(tokens);
  }
}
