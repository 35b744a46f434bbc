import { randomBytes } from 'node:crypto';
import type { NewCookie, RequestCookies } from '../../platform/http/cookies.js';

/** Seconds a sign-in through a provider may take. */
export const FLOW_TTL = 600;
const VALUE = /^[\w-]{43}$/;

/**
 * Ties a sign-in through a provider to the browser it began in: whoever is made to open the end of somebody else's
 * does not have its cookie. One for all sign-ins of a browser, so that two tabs do not end each other's.
 */
export class BrowserCookie {
  private readonly name: string;

  constructor(private readonly isSecure: boolean) {
    this.name = isSecure ? '__Host-gatehouse-oauth' : 'gatehouse-oauth';
  }

  static newValue(): string {
    return randomBytes(32).toString('base64url');
  }

  read(cookies: RequestCookies): string | null {
    return VALUE.exec(cookies[this.name] ?? '')?.[0] ?? null;
  }

  /** Lax: the provider sends the browser back by a link from another site. */
  write(value: string): NewCookie {
    const { name, isSecure: secure } = this;
    return [name, value, { maxAge: FLOW_TTL, path: '/', secure, httpOnly: true, sameSite: 'lax' }];
  }
}
