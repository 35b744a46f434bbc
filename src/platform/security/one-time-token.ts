import { createHash, randomBytes } from 'node:crypto';

/** A secret handed out once: 256 random bits, of which only the SHA-256 is stored. */
export interface OneTimeToken {
  /** Prefix, underscore, 43 characters of base64url. */
  readonly value: string;
  readonly hash: Buffer;
}

/** The prefix tells people and secret scanners what leaked. */
export function createOneTimeToken(prefix: string): OneTimeToken {
  const value = `${prefix}_${randomBytes(32).toString('base64url')}`;
  return { value, hash: hashOneTimeToken(value) };
}

/** A random 256-bit token needs no salt and no slow hash: it cannot be guessed from its digest. */
export function hashOneTimeToken(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
