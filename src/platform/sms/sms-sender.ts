import type { Message } from '../mail/mailer.js';

/** Sends text messages to E.164 numbers. */
export abstract class SmsSender {
  abstract send(message: Message): Promise<void>;
}
