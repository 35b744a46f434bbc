import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { compare, hash } from 'bcrypt';
import { Config } from '../config/config.js';
import { deriveKey } from './secret-box.js';

/** Names the keyed digest in front of bcrypt; a hash without it is a plain bcrypt hash from elsewhere. */
const SCHEME = '{hmac-sha256}';
/** Radix-64 characters bcrypt uses; every position of the dummy below is valid for a 184-bit digest. */
const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Passwords at rest: bcrypt over a keyed SHA-256 of the NFKC form (NIST SP 800-63B 3.1.1.2), so that no byte beyond bcrypt's
 * 72nd is ignored and a stolen table is useless without the pepper. bcrypt runs on libuv's threads.
 */
@Injectable()
export class PasswordHasher {
  /** Stored where nobody has set a password yet: no password matches it. */
  static readonly UNUSABLE = '!';

  private readonly pepper: Buffer;
  private readonly cost: number;
  private readonly dummy: string;

  constructor(config: Config) {
    this.pepper = deriveKey(config.secrets.PASSWORD_PEPPER, 'password-pepper');
    this.cost = config.passwords.bcryptCost;
    this.dummy = `$2b$${String(this.cost).padStart(2, '0')}$${randomRadix64(22)}${randomRadix64(31)}`;
  }

  /** A self-describing hash string: `{hmac-sha256}$2b$12$…`. */
  async hash(password: string): Promise<string> {
    return SCHEME + (await hash(this.digest(password), this.cost));
  }

  /** False also for a null hash (unknown user) and for an unusable one, after the same work. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    if (stored?.startsWith(SCHEME)) return compare(this.digest(password), stored.slice(SCHEME.length));
    if (stored?.startsWith('$2')) return compare(password, stored);
    await compare(this.digest(password), this.dummy);
    return false;
  }

  private digest(password: string): string {
    return createHmac('sha256', this.pepper).update(password.normalize('NFKC')).digest('base64');
  }
}

function randomRadix64(length: number): string {
  return Array.from(randomBytes(length), (byte) => BCRYPT_ALPHABET[byte % 64]).join('');
}
