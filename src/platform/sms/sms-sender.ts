import type { Message } from '../delivery/message.js';

/** Sends text messages to E.164 numbers. Takes them or throws: `HopelessJob` when trying again cannot help. */
export abstract class SmsSender {
  abstract send(message: Message): Promise<void>;
}
