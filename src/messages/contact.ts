export const CONTACT_TYPES = ['email', 'mobile'] as const;
export type ContactType = (typeof CONTACT_TYPES)[number];

/** Where somebody can be written to: an e-mail address or a mobile number, in canonical form. */
export interface Contact {
  readonly type: ContactType;
  readonly value: string;
}
