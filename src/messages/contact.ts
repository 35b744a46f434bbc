import { canonicalEmail, isMobile } from '../common/canonical-contact.js';
import { validationFailed } from '../platform/http/validation.pipe.js';

export const CONTACT_TYPES = ['email', 'mobile'] as const;
export type ContactType = (typeof CONTACT_TYPES)[number];

/** Where somebody can be written to: an e-mail address or a mobile number, in canonical form. */
export interface Contact {
  readonly type: ContactType;
  readonly value: string;
}

/** What somebody typed, if it looks like an e-mail address or mobile number. */
export function contactOf(identifier: string): Contact | null {
  if (identifier.includes('@')) return { type: 'email', value: canonicalEmail(identifier) };
  if (isMobile(identifier.trim())) return { type: 'mobile', value: identifier.trim() };
  return null;
}

/** The one contact of a body with the fields `email` and `mobile`. @throws ValidationFailed unless one is given */
export function readContactFields({ email, mobile }: { email?: string; mobile?: string }): Contact {
  if (email !== undefined && mobile === undefined) return { type: 'email', value: email };
  if (mobile !== undefined && email === undefined) return { type: 'mobile', value: mobile };
  throw validationFailed([{ field: 'email', rule: 'isContact', message: 'give either email or mobile' }]);
}
