import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { HttpConfig } from './http.config.js';
import { CrossSiteRequest } from './http.errors.js';
import { isForm } from './oauth-errors.js';

/**
 * For endpoints of the API that take forms. A page of any site can make a browser post one, without a preflight; so that
 * it cannot sign a browser in to an account of its choice, a form comes from our own pages, from listed ones (CORS_ORIGINS)
 * or from no page at all. Every browser says in `Origin` where a post across origins comes from.
 */
@Injectable()
export class ListedOriginGuard implements CanActivate {
  private readonly origins: ReadonlySet<string>;

  constructor(http: HttpConfig) {
    this.origins = new Set([new URL(http.publicBaseUrl).origin, ...http.corsOrigins]);
  }

  /** @throws CrossSiteRequest */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { origin } = request.headers;
    if (isForm(request) && origin !== undefined && !this.origins.has(origin)) throw new CrossSiteRequest();
    return true;
  }
}
