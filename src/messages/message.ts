/** The kind says it all. */
type Nothing = object;
interface Code {
  readonly code: string;
  readonly minutes: number;
}
interface About {
  /** Masked. */
  readonly contact: string;
}

/** What is told to people about their own account, without any secret. */
interface NoticeFields {
  password_changed: Nothing;
  /** `link` leads to the page to set a new password with. */
  account_locked: { readonly link: string };
  refresh_reuse: Nothing;
  account_linked: { readonly provider: string };
  account_unlinked: { readonly provider: string };
  identity_added: About;
  identity_removed: About;
  identity_changed: About;
}

/** Everything the service writes to people: what it is about and what goes into it. */
interface MessageFields extends NoticeFields {
  verification_code: Code;
  sign_in_code: Code;
  /** `link` leads to the page to recover the account with. */
  already_registered: { readonly link: string };
  invitation: { readonly link: string; readonly hours: number };
  password_reset: { readonly link: string; readonly minutes: number };
  welcome: { readonly firstName: string };
}

export type MessageKind = keyof MessageFields;
export type ParamsOf<Kind extends MessageKind> = { readonly kind: Kind } & MessageFields[Kind];
export type MessageParams = { [Kind in MessageKind]: ParamsOf<Kind> }[MessageKind];
export type Notice = { [Kind in keyof NoticeFields]: ParamsOf<Kind> }[keyof NoticeFields];

/** What a message says in one language. The renderer puts it together; nothing in here is escaped. */
export interface Content {
  readonly subject: string;
  /** Paragraphs before the code or link. */
  readonly lead: readonly string[];
  /** What the button of the link says, in messages that have a link. */
  readonly action?: string;
  /** Paragraphs after the code or link. */
  readonly end?: readonly string[];
  /** The whole message in one line, code or link included. */
  readonly sms: string;
}

/** The texts of one language: one for each kind of message. `product` is the name the service goes by. */
export interface Texts {
  readonly messages: {
    readonly [Kind in MessageKind]: (params: ParamsOf<Kind>, product: string) => Content;
  };
  /** Below each e-mail. */
  readonly footer: (product: string) => string;
}
