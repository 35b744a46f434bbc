import { type DynamicModule, Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { IdentifiersService } from './identifiers.service.js';
import { LoginController } from './login.controller.js';
import { OtpSignInController } from './otp-sign-in.controller.js';
import { OtpSignIn } from './otp-sign-in.js';
import { SessionOpener } from './session-opener.js';
import { PasswordSignIn } from './password-sign-in.js';
import { SignInAnswersService } from './sign-in-answers.service.js';

@Module({})
export class SignInModule {
  static register(directory: DynamicModule, sessions: DynamicModule, lockout: DynamicModule): DynamicModule {
    return {
      module: SignInModule,
      imports: [directory, TokensModule, SessionsModule, sessions, CredentialsModule, lockout],
      controllers: [LoginController, OtpSignInController],
      providers: [IdentifiersService, PasswordSignIn, OtpSignIn, SessionOpener, SignInAnswersService],
      exports: [IdentifiersService, SignInAnswersService],
    };
  }
}
