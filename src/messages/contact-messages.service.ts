import { Injectable } from '@nestjs/common';
import { Mailer } from '../platform/mail/mailer.js';
import { ProductConfig } from '../platform/product/product.config.js';
import { SmsSender } from '../platform/sms/sms-sender.js';
import type { Contact } from './contact.js';
import type { MessageParams } from './message.js';
import { messages } from './message.metrics.js';
import { render } from './render.js';
import { tracing } from '../platform/tracing/tracing.js';

/** Writes to people. Only jobs send: nobody's request waits for a provider, and what fails is tried again. */
@Injectable()
export class ContactMessagesService {
  constructor(
    private readonly mailer: Mailer,
    private readonly sms: SmsSender,
    private readonly product: ProductConfig,
  ) {}

  /**
   * Sends the message in the language, in English if there are no texts in it. Given the id of the job, a receiver
   * recognises what is sent twice.
   * @throws HopelessJob when the address or the message is refused for good, any other error when the provider fails
   */
  async send(to: Contact, language: string, message: MessageParams, jobId?: string): Promise<void> {
    const rendered = render(to.type, language, message, this.product.name);
    const sender = to.type === 'email' ? this.mailer : this.sms;
    const labels = { channel: to.type, kind: message.kind };
    try {
      const sent = {
        ...rendered,
        to: to.value,
        ...(jobId !== undefined && { id: `${jobId} ${message.kind}` }),
      };
      const attributes = { 'gatehouse.message.channel': to.type };
      await tracing.run(`message ${message.kind}`, { kind: 'client', attributes }, () => sender.send(sent));
      messages.inc({ ...labels, result: 'sent' });
    } catch (error) {
      messages.inc({ ...labels, result: 'failed' });
      throw error;
    }
  }
}
