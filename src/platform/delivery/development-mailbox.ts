import { Logger } from '@nestjs/common';
import type { Message } from './message.js';

export type Channel = 'email' | 'sms';

export interface CaughtMessage extends Message {
  readonly channel: Channel;
  readonly at: Date;
}

const KEPT = 200;

/**
 * Development's stand-in for mail and SMS: the newest 200 messages that this process has sent, shown at `/dev/mailbox`.
 * A worker has no page: there the log has their text.
 */
export class DevelopmentMailbox {
  private readonly logger = new Logger('Mailbox');
  private readonly messages: CaughtMessage[] = [];

  constructor(private readonly hasPage = true) {}

  keep(channel: Channel, message: Message): void {
    this.messages.unshift({ ...message, channel, at: new Date() });
    this.messages.length = Math.min(this.messages.length, KEPT);
    const rest = this.hasPage ? ' (read it at /dev/mailbox)' : `\n${message.text}`;
    this.logger.log(`${channel} to ${message.to}: ${message.subject}${rest}`);
  }

  /** Newest first. */
  list(): readonly CaughtMessage[] {
    return this.messages;
  }
}
