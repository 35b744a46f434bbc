export interface Message {
  /** The address stored for the person, never one taken from a request. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Link into the product, if the message carries one; starts with PUBLIC_BASE_URL. */
  readonly link?: string;
  /** One-time code or token, if the message carries one. */
  readonly code?: string;
}

/** Sends e-mail. */
export abstract class Mailer {
  abstract send(message: Message): Promise<void>;
}
