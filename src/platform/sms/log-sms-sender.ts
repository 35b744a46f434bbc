import { Logger } from '@nestjs/common';
import { maskContact } from '../../common/contact-mask.js';
import type { Message } from '../delivery/message.js';
import type { SmsSender } from './sms-sender.js';

/** Sends nothing. Says that it would have, and to whom roughly, but not what: the text may carry a secret. */
export class LogSmsSender implements SmsSender {
  private readonly logger = new Logger('Sms');

  async send({ to }: Message): Promise<void> {
    this.logger.log(`A text message to ${maskContact(to)} (SMS_PROVIDER is log: it goes nowhere)`);
  }
}
