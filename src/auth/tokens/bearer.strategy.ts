import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { AuthenticationRequired, InvalidAccessToken } from '../../access/access.errors.js';
import type { AccessTokenClaims } from './access-token-claims.js';
import { TokenVerifierService } from './token-verifier.service.js';

type Done = (error: unknown, claims: AccessTokenClaims | null) => void;

/** Hands the whole request on: where the token is in it and which one counts is for {@link BearerStrategy} to say. */
class RequestStrategy extends passport.Strategy {
  constructor(private readonly check: (request: unknown, done: Done) => Promise<void>) {
    super();
  }

  override authenticate(request: unknown): void {
    void this.check(request, (error, claims) => (claims ? this.success(claims) : this.error(error)));
  }
}

/** The passport strategy for access tokens. Who may act now is not its business. */
@Injectable()
export class BearerStrategy extends PassportStrategy(RequestStrategy, 'bearer') {
  constructor(private readonly tokens: TokenVerifierService) {
    super();
  }

  /**
   * The claims of the token in `Authorization: Bearer <token>` (RFC 6750 section 2.1), the only place one is taken from.
   * @throws AuthenticationRequired, InvalidAccessToken
   */
  async validate({ headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>): Promise<AccessTokenClaims> {
    const token = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) throw new AuthenticationRequired();
    // Node keeps the first of several: which one counts must not depend on who reads them (RFC 9110 section 5.3).
    if ((raw.headersDistinct.authorization?.length ?? 0) > 1)
      throw new InvalidAccessToken('two Authorization headers');
    return this.tokens.verify(token).catch((reason: unknown) => {
      throw new InvalidAccessToken(reason);
    });
  }
}
