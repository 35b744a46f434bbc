import { randomBytes } from 'node:crypto';

/** Seconds a sign-in through a provider may take. */
export const FLOW_TTL = 600;

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

  read(cookieHeader: string | undefined): string | null {
    return new RegExp(`(?:^|; *)${this.name}=([\\w-]{43})(?:;|$)`).exec(cookieHeader ?? '')?.[1] ?? null;
  }

  /** The `Set-Cookie` value. Lax: the provider sends the browser back by a link from another site. */
  write(value: string): string {
    const secure = this.isSecure ? ' Secure;' : '';
    return `${this.name}=${value}; Max-Age=${FLOW_TTL}; Path=/;${secure} HttpOnly; SameSite=Lax`;
  }
}
