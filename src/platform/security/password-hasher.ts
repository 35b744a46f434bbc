import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import bcrypt from 'bcrypt';
import type { Config } from '../config/config.js';
import { Secrets } from '../config/secrets.config.js';
import { HashingConfig } from './hashing.config.js';
import { HashingQueue } from './hashing-queue.js';
import { deriveKey } from './secret-box.js';
import { verifiableHash } from './stored-hash.js';

/** Names the keyed digest in front of the hash; one without it comes from elsewhere and is over the plain password. */
const SCHEME = '{hmac-sha256}';
/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const RADIX64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Passwords at rest: bcrypt or argon2id over a keyed SHA-256 of the NFKC form (NIST SP 800-63B 3.1.1.2), so that no byte
 * beyond bcrypt's 72nd is ignored and a stolen table is useless without the pepper. Hashes run on libuv's threads, a
 * bounded number at once.
 */
@Injectable()
export class PasswordHasher {
  /** Stored where nobody has set a password yet: no password matches it. */
  static readonly UNUSABLE = '!';

  private readonly pepper: Buffer;
  private readonly algorithm: 'bcrypt' | 'argon2id';
  private readonly bcryptCost: number;
  private readonly dummy: string;

  /** For what runs without Nest. */
  static of(config: Config): PasswordHasher {
    const hashing = config.get(HashingConfig);
    return new PasswordHasher(config.get(Secrets), hashing, new HashingQueue(hashing));
  }

  constructor(
    secrets: Secrets,
    config: HashingConfig,
    private readonly queue: HashingQueue,
  ) {
    this.pepper = deriveKey(secrets.PASSWORD_PEPPER, 'password-pepper');
    this.algorithm = config.hasher;
    this.bcryptCost = config.bcryptCost;
    this.dummy = this.algorithm === 'bcrypt' ? bcryptDummy(this.bcryptCost) : argon2Dummy();
  }

  /** A self-describing hash string: `{hmac-sha256}$2b$12$…` or `{hmac-sha256}$argon2id$…`. */
  async hash(password: string): Promise<string> {
    const digest = this.digest(password);
    const hash = await this.queue.run(() =>
      this.algorithm === 'bcrypt' ? bcrypt.hash(digest, this.bcryptCost) : argon2Hash(digest, ARGON2),
    );
    return SCHEME + hash;
  }

  /**
   * Verifies hashes of every algorithm and parameter, our own and plain ones from elsewhere. What is no hash (see
   * {@link verifiableHash}) matches nothing, after the same work.
   */
  verify(password: string, stored: string): Promise<boolean> {
    const isKeyed = stored.startsWith(SCHEME);
    const hash = verifiableHash(isKeyed ? stored.slice(SCHEME.length) : stored);
    if (hash === null) return this.pretend(password);
    return this.compare(isKeyed ? this.digest(password) : password, hash);
  }

  /** The work of {@link verify} where there is nothing to compare with. Always false. */
  async pretend(password: string): Promise<false> {
    await this.compare(this.digest(password), this.dummy);
    return false;
  }

  /** Whether a hash is of another algorithm, weaker parameters or without the keyed digest. */
  isBehind(stored: string): boolean {
    const [, algorithm, parameters = '', values = ''] = stored.split('$');
    if (!stored.startsWith(SCHEME)) return true;
    if (this.algorithm === 'bcrypt') return algorithm !== '2b' || Number(parameters) < this.bcryptCost;
    const { m, t } = Object.fromEntries(values.split(',').map((pair) => pair.split('='))) as Record<
      string,
      string
    >;
    return algorithm !== 'argon2id' || Number(m) < ARGON2.memoryCost || Number(t) < ARGON2.timeCost;
  }

  private compare(secret: string, hash: string): Promise<boolean> {
    return this.queue.run(() =>
      hash.startsWith('$argon2') ? argon2Verify(hash, secret) : bcrypt.compare(secret, hash),
    );
  }

  private digest(password: string): string {
    return createHmac('sha256', this.pepper).update(password.normalize('NFKC')).digest('base64');
  }
}

/** Well-formed hashes of nothing: comparing with them costs what comparing with a real one does. */
function bcryptDummy(cost: number): string {
  const characters = Array.from(randomBytes(53), (byte) => RADIX64[byte % 64]).join('');
  // The last character of salt and digest carry fewer bits; these values are valid in both places.
  return `$2b$${String(cost).padStart(2, '0')}$${characters.slice(0, 21)}.${characters.slice(22, 52)}.`;
}

function argon2Dummy(): string {
  const salt = randomBytes(16).toString('base64').replace(/=+$/, '');
  const digest = randomBytes(32).toString('base64').replace(/=+$/, '');
  const { memoryCost, timeCost, parallelism } = ARGON2;
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${digest}`;
}
