import { isEmail } from 'class-validator';
import { lowerAscii } from '../../common/canonical-name.js';
import { canonicalEmail, isMobile } from '../../common/canonical-contact.js';
import type { Contact } from '../../messages/contact.js';
import { EMAIL_RULES } from '../../platform/http/contact-fields.js';

/** How people say who they are. `value` in canonical form. */
export type Identifier = Contact | { readonly type: 'username'; readonly value: string };

const USERNAME = /^[A-Za-z][A-Za-z0-9._-]{2,99}$/;
const ASCII = /^[\x21-\x7e]+$/;

/**
 * One e-mail address, one mobile number in E.164 or one username, by its form alone. Null for anything else: for lists,
 * and for letters that only look like those of an address or fold to them (the Kelvin sign, a dotless i).
 */
export function parseIdentifier(text: string): Identifier | null {
  const trimmed = text.trim();
  if (!ASCII.test(trimmed)) return null;
  if (USERNAME.test(trimmed)) return { type: 'username', value: lowerAscii(trimmed) };
  if (isMobile(trimmed)) return { type: 'mobile', value: trimmed };
  const email = canonicalEmail(text);
  return email.length <= 191 && isEmail(email, EMAIL_RULES) ? { type: 'email', value: email } : null;
}
