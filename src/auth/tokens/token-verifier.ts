import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../../common/bounded-map.js';
import { DatabaseClock } from '../../platform/database/database-clock.js';
import type { AccessTokenClaims } from './access-token-claims.js';
import { BearerStrategy } from './bearer.strategy.js';
import { SigningKeys } from './signing-keys.service.js';

const KEPT = 50_000;

type ExpressRequest = Parameters<BearerStrategy['authenticate']>[0];

/**
 * Verifies access tokens by the passport strategy and remembers the claims of good ones by the hash of the whole token,
 * never past `exp` and only while the key is still published. Whether the user may act is checked on every request.
 */
@Injectable()
export class TokenVerifier {
  private readonly verified = new BoundedMap<string, AccessTokenClaims>(KEPT);

  constructor(
    private readonly strategy: BearerStrategy,
    private readonly keys: SigningKeys,
    private readonly clock: DatabaseClock,
  ) {}

  /** Rejects with the reason when the token is not good. */
  async verify(token: string): Promise<AccessTokenClaims> {
    const hash = createHash('sha256').update(token).digest('base64');
    const known = this.verified.get(hash);
    if (known && known.exp > this.clock.seconds && this.keys.findVerifying(known.kid)) return known;
    const claims = await this.authenticate(token);
    this.verified.set(hash, claims);
    return claims;
  }

  /** As passport does it, without its global registry: two apps in one process keep their own strategies. */
  private authenticate(token: string): Promise<AccessTokenClaims> {
    return new Promise((resolve, reject) => {
      const refuse = (reason: unknown) =>
        reject(
          reason instanceof Error
            ? reason
            : new Error('The token lacks a claim or is over', { cause: reason }),
        );
      const attempt = Object.assign(Object.create(this.strategy) as BearerStrategy, {
        success: (claims: unknown) => resolve(claims as AccessTokenClaims),
        fail: refuse,
        error: refuse,
      });
      // Typed for Express; the strategy reads the headers only.
      attempt.authenticate({ headers: { authorization: `Bearer ${token}` } } as unknown as ExpressRequest);
    });
  }
}
