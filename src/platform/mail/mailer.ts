import type { Message } from '../delivery/message.js';

/** Sends e-mail. Takes it or throws: `HopelessJob` when trying again cannot help. */
export abstract class Mailer {
  abstract send(message: Message): Promise<void>;
}
