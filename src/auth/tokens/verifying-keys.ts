import type { KeyObject } from 'node:crypto';

export type SigningAlgorithm = 'RS256' | 'ES256';

export interface VerifyingKey {
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
}

/** The public keys that access tokens are good under, wherever they come from. */
export abstract class VerifyingKeys {
  /** A lookup in memory, whatever `kid` is: it comes from the caller. */
  abstract findVerifying(kid: unknown): VerifyingKey | undefined;
}
