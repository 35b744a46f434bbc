import { domainToASCII, domainToUnicode } from 'node:url';
import { type CountryCode, parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/min';
import { lowerAscii } from './canonical-name.js';

/** A country whose numbers may be written without its code: ISO 3166-1 alpha-2, `DE`. */
export type Region = CountryCode;

/**
 * The one spelling of an e-mail address that is stored and compared: trimmed, lower case, an international domain in its
 * `xn--` form (RFC 5891). Only ASCII is folded: the Kelvin sign, say, would become a plain `k` and the address a
 * look-alike's. What is left as it is matches nothing.
 */
export function canonicalEmail(value: string): string {
  const trimmed = value.trim();
  const at = trimmed.lastIndexOf('@') + 1;
  return lowerAscii(trimmed.slice(0, at) + asciiDomain(trimmed.slice(at)));
}

/** Of a domain name, in octets (RFC 1035, section 2.3.4). */
const MAX_DOMAIN = 253;

function asciiDomain(domain: string): string {
  if (/^[\x20-\x7e]*$/.test(domain) || domain.length > MAX_DOMAIN) return domain;
  // Full stops of Chinese and Japanese keyboards separate labels as well (UTS 46).
  return domain
    .split(/[.\u3002\uff0e\uff61]/)
    .map(asciiLabel)
    .join('.');
}

/**
 * Node's own mapping takes what looks like a letter for the letter, cuts paths and computes addresses: it is asked only
 * about words of letters and digits, and believed only if it changes nothing but case and encoding. Latin letters in one
 * label with Cyrillic or Greek ones are there to deceive.
 */
function asciiLabel(label: string): string {
  const typed = label.normalize('NFC').toLowerCase();
  const isWord = /^[\p{L}\p{M}\p{N}-]+$/u.test(typed);
  const isMixed = /\p{Script=Latin}/u.test(typed) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(typed);
  const ascii = isWord && !isMixed ? domainToASCII(typed) : '';
  return ascii.startsWith('xn--') && domainToUnicode(ascii) === typed ? ascii : label;
}

/** A possible number of a real numbering plan, written in E.164. */
export function isMobile(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\+[1-9][0-9]{6,14}$/.test(value)) return false;
  const parsed = parsePhoneNumberFromString(value);
  return parsed !== undefined && parsed.isPossible() && parsed.number === value;
}

const LONGEST_WRITTEN = 40;

/**
 * A mobile number in E.164, however it was written: with blanks, hyphens, dots, slashes and parentheses, `00` for the
 * plus, and without a country code if there is a region. Anything else is answered as it is.
 */
export function canonicalMobile(value: string, region: Region | null): string {
  if (value.length > LONGEST_WRITTEN) return value;
  // Numbers that are copied bring marks of direction along.
  const written = value
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{Pd}|\u2212/gu, '-')
    .trim();
  if (!/^(?:\+|[0-9(])[0-9 ()./-]*$/.test(written)) return value;
  const international = written.replace(/^00/, '+');
  const isNational = !international.startsWith('+');
  if (isNational && region === null) return value;
  const parsed = parsePhoneNumberFromString(international, {
    extract: false,
    ...(region !== null && { defaultCountry: region }),
  });
  // Any digits are possible in some region: what is taken for a number of this one has to be one of its plan.
  const isNumber = isNational ? parsed?.isValid() : parsed?.isPossible();
  if (!parsed || !isNumber || !isMobile(parsed.number)) return value;
  return isNational && isOtherWithPlus(international, parsed) ? value : parsed.number;
}

/** `4915123456789` in Germany: with the plus that may have been left out it is somebody else's. */
function isOtherWithPlus(national: string, { country, number }: PhoneNumber): boolean {
  const withPlus = parsePhoneNumberFromString(`+${national}`, { extract: false });
  return withPlus?.isValid() === true && withPlus.country === country && withPlus.number !== number;
}

/** What somebody typed to say who they are: an address or number in canonical form, anything else as it is. */
export function canonicalIdentifier(value: string, region: Region | null): string {
  return value.includes('@') ? canonicalEmail(value) : canonicalMobile(value, region);
}
