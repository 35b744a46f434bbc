import { type ValidationArguments, ValidateBy } from 'class-validator';
import { canonicalEmail, isMobile } from '../../common/canonical-contact.js';
import { validationFailed } from './validation.pipe.js';

/**
 * What class-validator takes for an e-mail address here. Not a quoted local part: `"ada"@`, `"a\da"@` and `ada@` are one
 * mailbox (RFC 5321, section 4.1.2), which would have a budget, and an account, for each spelling.
 */
export const EMAIL_RULES = { allow_utf8_local_part: false, blacklisted_chars: '"' } as const;

/** A contact in canonical form. */
export interface ContactValue {
  readonly type: 'email' | 'mobile';
  readonly value: string;
}

/** What somebody typed, if it looks like an e-mail address or mobile number. */
export function contactOf(identifier: string): ContactValue | null {
  if (identifier.includes('@')) return { type: 'email', value: canonicalEmail(identifier) };
  if (isMobile(identifier.trim())) return { type: 'mobile', value: identifier.trim() };
  return null;
}

/** The one contact of a body with the fields `email` and `mobile`. @throws ValidationFailed unless one is given */
export function readContactFields({ email, mobile }: { email?: string; mobile?: string }): ContactValue {
  if (email !== undefined && mobile === undefined) return { type: 'email', value: email };
  if (mobile !== undefined && email === undefined) return { type: 'mobile', value: mobile };
  throw validationFailed([{ field: 'email', rule: 'isContact', message: 'give either email or mobile' }]);
}

/** A property rule from a predicate. */
export function Validates(
  name: string,
  message: string,
  validate: (value: unknown, args?: ValidationArguments) => boolean,
): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}

export function IsMobile(): PropertyDecorator {
  return Validates(
    'isMobile',
    '$property must be a mobile number with its country code, like +49 151 23456789',
    isMobile,
  );
}
