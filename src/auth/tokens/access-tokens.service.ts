import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { TokensConfig } from './tokens.config.js';
import { DatabaseClock } from '../../platform/database/database-clock.js';
import { FIRST_PARTY_CLIENT } from '../grants/client-parameters.js';
import { SigningKeys } from './signing-keys.service.js';
import type { TokenPair } from './token-pair.js';

/** RFC 9068: tells an access token from every other kind of JWT. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** Issues access tokens: short-lived, with ids only. What the user may do is read fresh on every request. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeys,
    private readonly config: TokensConfig,
    private readonly clock: DatabaseClock,
  ) {}

  /** A JWT (RFC 9068) with `iss aud sub client_id sid jti iat exp`. */
  issue(userId: number, sessionId: number): Promise<string> {
    const { accessTtl, issuer, audience } = this.config;
    const { kid, algorithm, privateKey } = this.keys.active;
    return this.jwt.signAsync(
      { client_id: FIRST_PARTY_CLIENT, sid: String(sessionId), iat: this.clock.seconds },
      {
        privateKey,
        algorithm,
        keyid: kid,
        header: { alg: algorithm, typ: ACCESS_TOKEN_TYPE },
        issuer,
        audience,
        subject: String(userId),
        jwtid: randomUUID(),
        expiresIn: accessTtl,
      },
    );
  }

  async issuePair(userId: number, sessionId: number, refreshToken: string): Promise<TokenPair> {
    return {
      accessToken: await this.issue(userId, sessionId),
      expiresIn: this.config.accessTtl,
      refreshToken,
    };
  }
}
