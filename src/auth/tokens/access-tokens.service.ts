import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Config } from '../../platform/config/config.js';
import { SIGNING_ALGORITHM, SigningKeys } from './signing-keys.service.js';

/** RFC 9068: tells an access token from every other kind of JWT. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

export interface AccessToken {
  readonly value: string;
  /** Seconds */
  readonly expiresIn: number;
}

/** Issues access tokens: short-lived, with ids only. What the user may do is read fresh on every request. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeys,
    private readonly config: Config,
  ) {}

  /** A JWT (RFC 9068) with `iss aud sub sid jti iat exp`. */
  async issue(userId: number, sessionId: string): Promise<AccessToken> {
    const { accessTtl, issuer, audience } = this.config.tokens;
    const { kid, privateKey } = this.keys.active;
    const value = await this.jwt.signAsync(
      { sid: sessionId },
      {
        privateKey,
        algorithm: SIGNING_ALGORITHM,
        keyid: kid,
        header: { alg: SIGNING_ALGORITHM, typ: ACCESS_TOKEN_TYPE },
        issuer,
        audience,
        subject: String(userId),
        jwtid: randomUUID(),
        expiresIn: accessTtl,
      },
    );
    return { value, expiresIn: accessTtl };
  }
}
