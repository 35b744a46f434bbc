import { type DynamicModule, Module } from '@nestjs/common';
import { MessagesModule } from '../../messages/messages.module.js';
import { CodeVerification } from './code-verification.js';
import { RegistrationMail } from './registration-mail.js';
import { RegistrationProof } from './registration-proof.js';
import { RegistrationController } from './registration.controller.js';
import { RegistrationRepository } from './registration.repository.js';
import { RegistrationService } from './registration.service.js';

@Module({})
export class RegistrationModule {
  static register(directory: DynamicModule, lockout: DynamicModule, passwords: DynamicModule): DynamicModule {
    return {
      module: RegistrationModule,
      imports: [MessagesModule, directory, lockout, passwords],
      controllers: [RegistrationController],
      providers: [
        RegistrationService,
        RegistrationRepository,
        RegistrationMail,
        RegistrationProof,
        CodeVerification,
      ],
    };
  }
}
