import { type DynamicModule, Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { NewPasswordsService } from './new-passwords.service.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordPolicy } from './password-policy.js';
import { PasswordResetService } from './password-reset.service.js';
import { PasswordsController } from './passwords.controller.js';
import { ResetTokensService } from './reset-tokens.service.js';

@Module({})
export class PasswordsModule {
  static register(directory: DynamicModule, lockout: DynamicModule): DynamicModule {
    return {
      module: PasswordsModule,
      imports: [directory, SessionsModule, CredentialsModule, lockout],
      controllers: [PasswordsController],
      providers: [
        PasswordPolicy,
        NewPasswordsService,
        PasswordChangeService,
        PasswordResetService,
        ResetTokensService,
      ],
      exports: [NewPasswordsService, PasswordResetService, ResetTokensService],
    };
  }
}
