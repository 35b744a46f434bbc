import { type ValidationArguments, ValidateBy } from 'class-validator';
import { isMobile } from '../../common/canonical-contact.js';

/**
 * What class-validator takes for an e-mail address here. Not a quoted local part: `"ada"@`, `"a\da"@` and `ada@` are one
 * mailbox (RFC 5321, section 4.1.2), which would have a budget, and an account, for each spelling.
 */
export const EMAIL_RULES = { allow_utf8_local_part: false, blacklisted_chars: '"' } as const;

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
