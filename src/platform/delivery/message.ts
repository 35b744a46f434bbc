export interface Message {
  /** The address stored for the person, never one taken from a request. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same message as a page; only e-mail shows it. */
  readonly html?: string;
  /** Link into the product, if the message carries one; starts with PUBLIC_BASE_URL. */
  readonly link?: string;
  /** One-time code or token, if the message carries one. */
  readonly code?: string;
  /** The job that sends it: by this a receiver recognises a message that is sent again. */
  readonly id?: string;
}
