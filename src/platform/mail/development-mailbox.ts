import { Injectable, Logger } from '@nestjs/common';
import type { Message } from './mailer.js';

export type Channel = 'email' | 'sms';

export interface CaughtMessage extends Message {
  readonly channel: Channel;
  readonly at: Date;
}

const KEPT = 200;

/** Development's stand-in for mail and SMS: the newest 200 messages, shown at `/dev/mailbox` and in the log. */
@Injectable()
export class DevelopmentMailbox {
  private readonly logger = new Logger('Mailbox');
  private readonly messages: CaughtMessage[] = [];

  keep(channel: Channel, message: Message): void {
    this.messages.unshift({ ...message, channel, at: new Date() });
    this.messages.length = Math.min(this.messages.length, KEPT);
    this.logger.log(`${channel} to ${message.to}: ${message.subject} (read it at /dev/mailbox)`);
  }

  /** Newest first. */
  list(): readonly CaughtMessage[] {
    return this.messages;
  }
}
