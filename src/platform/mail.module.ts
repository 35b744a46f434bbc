import { type DynamicModule, Module } from '@nestjs/common';
import { Config } from './config/config.js';
import { SmsSender } from './sms/sms-sender.js';
import { DevelopmentMailbox } from './delivery/development-mailbox.js';
import { Mailer } from './mail/mailer.js';
import { createMailer, createSmsSender } from './mail-providers.js';

const inject = [Config, { token: DevelopmentMailbox, optional: true }];

/** Mail and text messages. Outside production there is a mailbox, which catches what has no provider. */
@Module({})
export class MailModule {
  static register({ environment, service }: Config): DynamicModule {
    const useFactory = () => new DevelopmentMailbox(service !== 'worker');
    const mailbox = environment === 'production' ? [] : [{ provide: DevelopmentMailbox, useFactory }];
    return {
      module: MailModule,
      global: true,
      providers: [
        ...mailbox,
        { provide: Mailer, useFactory: createMailer, inject },
        { provide: SmsSender, useFactory: createSmsSender, inject },
      ],
      exports: [Mailer, SmsSender, ...mailbox.map(({ provide }) => provide)],
    };
  }
}
