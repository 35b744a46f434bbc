import { errors, jwtVerify } from 'jose';
import { type Caller, readCaller } from './caller.js';
import { AccessUnavailable, InvalidAccessToken } from './errors.js';
import type { KeySet } from './key-set.js';

export type Algorithm = 'RS256' | 'ES256';

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly Algorithm[];
  /** Seconds `exp` and `nbf` may be off. */
  readonly clockTolerance: number;
}

/** Characters; tokens of Gatehouse have some 700. */
const LONGEST_TOKEN = 8_192;

/** RFC 7515 section 7.1: base64url without padding; decoders take more than that. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Verifies access tokens (RFC 9068) without asking for each. */
export class TokenVerifier {
  constructor(
    private readonly keys: KeySet,
    private readonly rules: TokenRules,
    private readonly now: () => number,
  ) {}

  /** @throws InvalidAccessToken, AccessUnavailable */
  async verify(token: string): Promise<Caller> {
    if (token.length > LONGEST_TOKEN || !COMPACT.test(token)) throw new InvalidAccessToken();
    const { issuer, audience, algorithms, clockTolerance } = this.rules;
    try {
      const { payload } = await jwtVerify(token, this.keys.find, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance,
        typ: 'at+jwt',
        currentDate: new Date(this.now()),
      });
      const caller = readCaller(payload);
      if (caller) return caller;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new InvalidAccessToken(error);
      if (error instanceof AccessUnavailable) throw error;
      throw new AccessUnavailable('A key of Gatehouse cannot be used', { cause: error });
    }
    throw new InvalidAccessToken(new Error('A claim is missing or odd'));
  }
}
