import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { decodeProtectedHeader } from 'jose';
import { Strategy } from 'passport-jwt';
import { Config } from '../../platform/config/config.js';
import { DatabaseClock } from '../../platform/database/database-clock.js';
import { type AccessTokenClaims, readClaims } from './access-token-claims.js';
import { ACCESS_TOKEN_TYPE } from './access-tokens.service.js';
import { SigningKeys } from './signing-keys.service.js';

export const BEARER_STRATEGY = 'bearer';
const MAX_TOKEN_LENGTH = 8 * 1024;

/**
 * Reads `Authorization: Bearer <token>` (RFC 6750 section 2.1), the only place a token is taken from.
 * Null when there is no such header.
 */
export function bearerToken(request: Pick<FastifyRequest, 'headers'>): string | null {
  return /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/** The passport strategy for access tokens: key, signature, type and claims. Who may act now is not its business. */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, BEARER_STRATEGY) {
  constructor(
    keys: SigningKeys,
    config: Config,
    private readonly clock: DatabaseClock,
  ) {
    super({
      jwtFromRequest: ({ headers }) => bearerToken({ headers }),
      secretOrKeyProvider: (_request, token: string, done) => {
        try {
          // jsonwebtoken takes a key object, parsed once; the types of passport-jwt do not know.
          done(null, findKey(keys, token) as unknown as string);
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
        }
      },
      algorithms: ['RS256', 'ES256'],
      issuer: config.tokens.issuer,
      audience: config.tokens.audience,
      // Compared by readClaims: passport-jwt can be given no other clock than that of this machine.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true, complete: true },
      passReqToCallback: false,
    });
  }

  /** Called with the verified token. Answers its claims, or false when one is missing or it is not good at this time. */
  validate({ header, payload }: VerifiedToken): AccessTokenClaims | false {
    return readClaims(payload, header.kid, this.clock.seconds) ?? false;
  }
}

interface VerifiedToken {
  readonly header: { readonly kid: string };
  readonly payload: Record<string, unknown>;
}

/** The public key `kid` names among ours. Keys the token brings along or points to are ignored (RFC 8725 3.10). */
function findKey(keys: SigningKeys, token: string): KeyObject {
  if (token.length > MAX_TOKEN_LENGTH) throw new Error('The token is too long');
  const header = decodeProtectedHeader(token);
  const isOurs = header.typ === ACCESS_TOKEN_TYPE && header.crit === undefined && header.b64 === undefined;
  const key = isOurs ? keys.findVerifying(header.kid) : undefined;
  // The algorithm is that of the key, never that of the token alone (RFC 8725 3.1).
  if (!key || header.alg !== key.algorithm)
    throw new Error('The token is not an access token of this service');
  return key.publicKey;
}
