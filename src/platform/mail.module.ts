import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config/config.js';
import { ProcessConfig } from './config/process.config.js';
import { MailConfig } from './mail/mail.config.js';
import { SmsConfig } from './sms/sms.config.js';
import { SmsSender } from './sms/sms-sender.js';
import { DevelopmentMailbox } from './delivery/development-mailbox.js';
import { Mailer } from './mail/mailer.js';
import { createMailer, createSmsSender } from './mail-providers.js';

const mailbox = { token: DevelopmentMailbox, optional: true };

/** Mail and text messages. Outside production there is a mailbox, which catches what has no provider. */
@Module({})
export class MailModule {
  static register(config: Config): DynamicModule {
    const { environment, service } = config.get(ProcessConfig);
    const useFactory = () => new DevelopmentMailbox(service !== 'worker');
    const mailboxes = environment === 'production' ? [] : [{ provide: DevelopmentMailbox, useFactory }];
    return {
      module: MailModule,
      global: true,
      providers: [
        ...mailboxes,
        { provide: Mailer, useFactory: createMailer, inject: [MailConfig, mailbox] },
        { provide: SmsSender, useFactory: createSmsSender, inject: [SmsConfig, mailbox] },
      ],
      exports: [Mailer, SmsSender, ...mailboxes.map(({ provide }) => provide)],
    };
  }
}
