import { type DynamicModule, Module } from '@nestjs/common';
import { MessagesModule } from '../../messages/messages.module.js';
import { LinkSender } from './link-sender.js';
import { PageFactory } from './pages/page-factory.js';
import { RecoveryPagesController } from './pages/recovery-pages.controller.js';
import { PasswordRecoveryService } from './password-recovery.service.js';
import { RecoveryJobs } from './recovery-jobs.js';
import { RecoveryController } from './recovery.controller.js';

@Module({})
export class RecoveryModule {
  static register(
    directory: DynamicModule,
    lockout: DynamicModule,
    signIn: DynamicModule,
    passwords: DynamicModule,
  ): DynamicModule {
    return {
      module: RecoveryModule,
      imports: [MessagesModule, directory, lockout, signIn, passwords],
      controllers: [RecoveryController, RecoveryPagesController],
      providers: [PasswordRecoveryService, RecoveryJobs, LinkSender, PageFactory],
    };
  }
}
