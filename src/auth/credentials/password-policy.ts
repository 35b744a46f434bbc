import { Injectable } from '@nestjs/common';
import { Config } from '../../platform/config/config.js';
import { validationFailed } from '../../platform/http/validation.pipe.js';

/** Code points; long enough for any passphrase, short enough to hash at once. */
export const MAX_PASSWORD_LENGTH = 128;

/** Length is all that is asked: no composition rules, no expiry (NIST SP 800-63B 3.1.1.2). */
@Injectable()
export class PasswordPolicy {
  private readonly minLength: number;

  constructor(config: Config) {
    this.minLength = config.passwords.minLength;
  }

  /** Counts Unicode code points of the NFKC form, which is what is hashed. @throws ValidationFailed */
  assertAcceptable(password: string): void {
    const length = Array.from(password.normalize('NFKC')).length;
    if (length >= this.minLength && length <= MAX_PASSWORD_LENGTH) return;
    const message = `newPassword must have ${this.minLength} to ${MAX_PASSWORD_LENGTH} characters`;
    throw validationFailed([{ field: 'newPassword', rule: 'passwordLength', message }]);
  }
}
