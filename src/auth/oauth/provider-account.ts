import { isEmail } from 'class-validator';
import { canonicalEmail } from '../../common/canonical-contact.js';
import { cutText, isVisible } from '../../common/text.js';
import { EMAIL_RULES } from '../../platform/http/contact-fields.js';
import type { ProviderAccount } from '../directory/user-directory.js';
import { OAuthFailed } from './oauth.errors.js';

const MAX_SUBJECT = 191;
const MAX_EMAIL = 191;
const MAX_NAME = 64;

/** What a provider tells of somebody, in the words of OpenID Connect; nothing of it is believed to have its type. */
export interface Claims {
  readonly sub?: unknown;
  readonly email?: unknown;
  readonly email_verified?: unknown;
  readonly given_name?: unknown;
  readonly family_name?: unknown;
  readonly name?: unknown;
  readonly preferred_username?: unknown;
}

/** @throws OAuthFailed without a subject that can be told from every other */
export function accountOf(
  provider: { readonly id: string; readonly trustEmail: boolean },
  claims: Claims,
): ProviderAccount {
  const email = emailOf(claims.email);
  return {
    provider: provider.id,
    subject: subjectOf(claims.sub),
    email: email === null ? null : { value: email, isProved: provider.trustEmail && isVerified(claims) },
    ...namesOf(claims),
  };
}

/** The boolean, or the word for it, which Apple and Cognito send; 1 and [true] are some other claim. */
function isVerified({ email_verified: claim }: Claims): boolean {
  return claim === true || claim === 'true';
}

/** Compared byte by byte, case included; neither trimmed nor cut, which would make two people one. */
function subjectOf(sub: unknown): string {
  const isUsable =
    typeof sub === 'string' && sub.length > 0 && sub.length <= MAX_SUBJECT && /^[\x21-\x7e]+$/.test(sub);
  if (!isUsable) throw new OAuthFailed('The provider does not say who you are.');
  return sub;
}

/** By the rules of our own e-mail fields; null for what they would refuse. */
function emailOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const email = canonicalEmail(value);
  const isOurs = email.length <= MAX_EMAIL && /^[\x21-\x7e]+$/.test(email) && isEmail(email, EMAIL_RULES);
  return isOurs ? email : null;
}

function namesOf(claims: Claims): { firstName: string; lastName: string | null } {
  const given = nameOf(claims.given_name);
  const [first, ...rest] = (nameOf(claims.name) ?? nameOf(claims.preferred_username) ?? 'User').split(' ');
  if (given !== null) return { firstName: given, lastName: nameOf(claims.family_name) };
  return { firstName: first ?? 'User', lastName: nameOf(rest.join(' ')) };
}

/** One line of well-formed text that fits and has something to see, or null. */
function nameOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const line = value
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return isVisible(line) ? cutText(line, MAX_NAME).trim() : null;
}
