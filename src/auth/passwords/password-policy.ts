import { Injectable } from '@nestjs/common';
import { dictionary } from '@zxcvbn-ts/language-common';
import { DEFAULT_PRODUCT_NAME, ProductConfig } from '../../platform/product/product.config.js';
import { PasswordsConfig } from './passwords.config.js';
import { validationFailed } from '../../platform/http/validation.pipe.js';

/** Code points; long enough for any passphrase, short enough to hash at once. */
export const MAX_PASSWORD_LENGTH = 128;
/** What is left of a password without the words of its owner must be worth this much. */
const MIN_OWN = 8;

/**
 * What a new password must be: long enough, and not one that is tried first (NIST SP 800-63B 3.1.1.2, ASVS 6.2). No
 * composition rules, no expiry.
 */
@Injectable()
export class PasswordPolicy {
  private readonly minLength: number;
  private readonly common: ReadonlySet<string>;

  constructor(config: PasswordsConfig, product: ProductConfig) {
    this.minLength = config.minLength;
    const names = [DEFAULT_PRODUCT_NAME, product.name].flatMap((name) => [name, name.replaceAll(' ', '')]);
    this.common = new Set([...dictionary['passwords-common'], ...names.map((name) => name.toLowerCase())]);
  }

  /**
   * `ownWords` are names and addresses of the person, of any length.
   * @throws ValidationFailed naming `field`
   */
  assertAcceptable(password: string, ownWords: readonly string[], field = 'newPassword'): void {
    const refuse = (rule: string, message: string) =>
      validationFailed([{ field, rule, message: `${field} ${message}` }]);
    const normal = password.normalize('NFKC');
    const length = Array.from(normal).length;
    if (length < this.minLength || length > MAX_PASSWORD_LENGTH) {
      throw refuse('passwordLength', `must have ${this.minLength} to ${MAX_PASSWORD_LENGTH} characters`);
    }
    if (this.isCommon(normal.toLowerCase())) {
      throw refuse('passwordCommon', 'is among the passwords that are tried first; choose another');
    }
    if (isMadeOf(normal.toLowerCase(), ownWords)) {
      throw refuse('passwordPersonal', 'must not be made of your own name or address');
    }
  }

  /** In the list, or a word of the list with digits and signs around it, or one said twice or more. */
  private isCommon(password: string): boolean {
    const core = password.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
    return [password, core, unrepeated(password), unrepeated(core)].some((form) => this.common.has(form));
  }
}

/** `abcabcabc` gives `abc`; what is not a repetition stays. */
function unrepeated(text: string): string {
  const period = (text + text).indexOf(text, 1);
  return period > 0 ? text.slice(0, period) : text;
}

function isMadeOf(password: string, words: readonly string[]): boolean {
  const significant = words
    .flatMap((word) => [word, ...word.split(/[@.\s+_-]+/)])
    .map((word) => word.normalize('NFKC').toLowerCase())
    .filter((word) => word.length >= 4)
    .toSorted((a, b) => b.length - a.length);
  const rest = significant.reduce((left, word) => left.replaceAll(word, ''), password);
  return rest !== password && Array.from(rest).length < MIN_OWN;
}
