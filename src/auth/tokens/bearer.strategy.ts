import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { decodeProtectedHeader } from 'jose';
import { Strategy } from 'passport-jwt';
import { Actor } from '../../access/actor.js';
import { Config } from '../../platform/config/config.js';
import { MAX_ID } from '../../platform/http/id-param.decorator.js';
import { UserDirectory } from '../user-directory.js';
import { ACCESS_TOKEN_TYPE } from './access-tokens.service.js';
import { SIGNING_ALGORITHM, SigningKeys } from './signing-keys.service.js';

export const BEARER_STRATEGY = 'bearer';
/** Clocks of services that verify may differ by this much. Seconds. */
const LEEWAY = 5;
const MAX_TOKEN_LENGTH = 8 * 1024;

/**
 * Reads `Authorization: Bearer <token>` (RFC 6750 section 2.1), the only place a token is taken from.
 * Null when there is no such header.
 */
export function bearerToken(request: Pick<FastifyRequest, 'headers'>): string | null {
  return /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/** The passport strategy for access tokens: signature, type and claims first, then the user as they are now. */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, BEARER_STRATEGY) {
  constructor(
    keys: SigningKeys,
    private readonly directory: UserDirectory,
    config: Config,
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
      algorithms: [SIGNING_ALGORITHM],
      issuer: config.tokens.issuer,
      audience: config.tokens.audience,
      jsonWebTokenOptions: { clockTolerance: LEEWAY },
    });
  }

  /** Called with verified claims. Answers the actor, or false for a user who may not act. */
  async validate(claims: Record<string, unknown>): Promise<Actor | false> {
    const { sub, sid, jti, iat, exp } = claims;
    const isComplete =
      typeof sub === 'string' &&
      /^[1-9][0-9]{0,9}$/.test(sub) &&
      Number(sub) <= MAX_ID &&
      typeof sid === 'string' &&
      typeof jti === 'string' &&
      typeof iat === 'number' &&
      iat <= Date.now() / 1000 + LEEWAY &&
      typeof exp === 'number';
    if (!isComplete) return false;
    const principal = await this.directory.findPrincipal(Number(sub));
    return principal ? new Actor(principal.userId, principal.roleId, sid, principal.privileges) : false;
  }
}

/** The public key `kid` names among ours. Keys the token brings along or points to are ignored (RFC 8725 3.10). */
function findKey(keys: SigningKeys, token: string): KeyObject {
  if (token.length > MAX_TOKEN_LENGTH) throw new Error('The token is too long');
  const header = decodeProtectedHeader(token);
  const isOurs =
    header.typ === ACCESS_TOKEN_TYPE && header.alg === SIGNING_ALGORITHM && header.crit === undefined;
  const key = isOurs ? keys.findPublicKey(header.kid) : undefined;
  if (!key) throw new Error('The token is not an access token of this service');
  return key;
}
