import { hash, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type JWTHeaderParameters, jwtVerify } from 'jose';
import { BoundedMap } from '../../common/bounded-map.js';
import { cacheCounts } from '../../platform/metrics/cache.metrics.js';
import { DatabaseClock } from '../../platform/database/database-clock.js';
import { type AccessTokenClaims, LEEWAY, readClaims } from './access-token-claims.js';
import { ACCESS_TOKEN_TYPE } from './access-tokens.service.js';
import { TokensConfig } from './tokens.config.js';
import { VerifyingKeys } from './verifying-keys.js';

const MAX_TOKEN_LENGTH = 8 * 1024;
const KEPT = 50_000;
const cache = cacheCounts('access_tokens');

/**
 * Verifies access tokens and remembers the claims of good ones by the hash of the whole token, never past `exp` and only
 * while the key is still published. Whether the user may act is checked on every request.
 */
@Injectable()
export class TokenVerifierService {
  private readonly verified = new BoundedMap<string, AccessTokenClaims>(KEPT);

  constructor(
    private readonly keys: VerifyingKeys,
    private readonly config: TokensConfig,
    private readonly clock: DatabaseClock,
  ) {}

  /** Rejects with the reason when the token is not good. */
  async verify(token: string): Promise<AccessTokenClaims> {
    const fingerprint = hash('sha256', token, 'base64');
    const known = this.verified.get(fingerprint);
    if (known && known.exp > this.clock.seconds && this.keys.findVerifying(known.kid)) {
      cache.hits.inc();
      return known;
    }
    cache.misses.inc();
    const claims = await this.check(token);
    this.verified.set(fingerprint, claims);
    return claims;
  }

  private async check(token: string): Promise<AccessTokenClaims> {
    if (token.length > MAX_TOKEN_LENGTH) throw new Error('The token is too long');
    const { issuer, audience } = this.config;
    const { payload, protectedHeader } = await jwtVerify(token, (header) => this.keyFor(header), {
      algorithms: ['RS256', 'ES256'],
      issuer,
      audience,
      currentDate: new Date(this.clock.seconds * 1_000),
      clockTolerance: LEEWAY,
    });
    const claims = readClaims(payload, String(protectedHeader.kid));
    if (!claims) throw new Error('The token lacks a claim');
    return claims;
  }

  /** The public key `kid` names among ours. Keys the token brings along or points to are ignored (RFC 8725 3.10). */
  private keyFor({ typ, crit, b64, kid, alg }: JWTHeaderParameters): KeyObject {
    const isOurs = typ === ACCESS_TOKEN_TYPE && crit === undefined && b64 === undefined;
    const key = isOurs ? this.keys.findVerifying(kid) : undefined;
    // The algorithm is that of the key, never that of the token alone (RFC 8725 3.1).
    if (!key || alg !== key.algorithm) throw new Error('The token is not an access token of this service');
    return key.publicKey;
  }
}
