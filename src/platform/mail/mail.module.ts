import { type DynamicModule, Logger, Module, type Provider } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { SmsSender } from '../sms/sms-sender.js';
import { type Channel, DevelopmentMailbox } from './development-mailbox.js';
import { Mailer, type Message } from './mailer.js';

/** Nothing is configured to send with. Says so, without the message: it may carry a secret. */
function refuseToSend(channel: Channel) {
  const logger = new Logger('Mail');
  return async (message: Message): Promise<void> => {
    logger.error(`No ${channel} provider is configured: "${message.subject}" was not sent`);
  };
}

const caught: Provider[] = [
  DevelopmentMailbox,
  ...[
    { provide: Mailer, channel: 'email' as const },
    { provide: SmsSender, channel: 'sms' as const },
  ].map(({ provide, channel }) => ({
    provide,
    useFactory: (mailbox: DevelopmentMailbox) => ({
      send: async (message: Message) => mailbox.keep(channel, message),
    }),
    inject: [DevelopmentMailbox],
  })),
];

const refused: Provider[] = [
  { provide: Mailer, useValue: { send: refuseToSend('email') } },
  { provide: SmsSender, useValue: { send: refuseToSend('sms') } },
];

/** Outside production messages are caught in a mailbox; in production there is none. */
@Module({})
export class MailModule {
  static register(config: Config): DynamicModule {
    const production = config.environment === 'production';
    return {
      module: MailModule,
      global: true,
      providers: production ? refused : caught,
      exports: production ? [Mailer, SmsSender] : [Mailer, SmsSender, DevelopmentMailbox],
    };
  }
}
