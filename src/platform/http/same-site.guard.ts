import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { HttpConfig } from './http.config.js';
import { CrossSiteRequest } from './http.errors.js';

/**
 * For forms of our pages: refuses posts from pages of other sites. Every browser of today says where a post comes from
 * (Fetch Metadata); an older one sends `Origin` with a post across sites. Who sends neither is no browser, and cannot be
 * made to post by a page.
 */
@Injectable()
export class SameSiteGuard implements CanActivate {
  private readonly origin: string;

  constructor(http: HttpConfig) {
    this.origin = new URL(http.publicBaseUrl).origin;
  }

  /** @throws CrossSiteRequest */
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const site = headers['sec-fetch-site'];
    const isOurs =
      site === undefined
        ? headers.origin === undefined || headers.origin === this.origin
        : site === 'same-origin' || site === 'none';
    if (!isOurs) throw new CrossSiteRequest();
    return true;
  }
}
