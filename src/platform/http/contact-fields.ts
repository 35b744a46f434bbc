import { type ValidationArguments, ValidateBy } from 'class-validator';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/**
 * The one spelling of an e-mail address that is stored and compared: trimmed, lower case. Only ASCII is folded: the
 * Kelvin sign, say, would become a plain `k` and the address a look-alike's. What is left as it is matches nothing.
 */
export function canonicalEmail(value: string): string {
  const trimmed = value.trim();
  return /^[\x21-\x7e]*$/.test(trimmed) ? trimmed.toLowerCase() : trimmed;
}

/** A possible number of a real numbering plan, written in E.164. */
export function isMobile(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\+[1-9][0-9]{6,14}$/.test(value)) return false;
  const parsed = parsePhoneNumberFromString(value);
  return parsed !== undefined && parsed.isPossible() && parsed.number === value;
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
    '$property must be a mobile number in E.164 form, like +4915123456789',
    isMobile,
  );
}
