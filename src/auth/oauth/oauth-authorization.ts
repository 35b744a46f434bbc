import { Injectable, Logger } from '@nestjs/common';
import type { NewCookie, RequestCookies } from '../../platform/http/cookies.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { OAuthConfig } from '../../users/identities/oauth.config.js';
import { BrowserCookie } from './browser-cookie.js';
import { OAuthFailures } from './oauth-failures.js';
import { OAuthFlows } from './oauth-flows.js';
import { OAuthProviders } from './oauth-providers.js';
import { OAuthProviderUnavailable } from './oauth.errors.js';
import { reasonOf, refusalOf } from './provider-client.js';

export interface StartRequest {
  readonly provider: string;
  /** As sent. */
  readonly returnTo: unknown;
  readonly challenge: string;
  readonly cookies: RequestCookies;
}

/** The part of a sign-in through a provider that happens in the browser: there and back. */
@Injectable()
export class OAuthAuthorization {
  private readonly logger = new Logger(OAuthAuthorization.name);
  private readonly cookie: BrowserCookie;

  constructor(
    private readonly providers: OAuthProviders,
    private readonly flows: OAuthFlows,
    private readonly failures: OAuthFailures,
    http: HttpConfig,
    private readonly oauth: OAuthConfig,
  ) {
    this.cookie = new BrowserCookie(http.publicBaseUrl.startsWith('https:'));
  }

  /**
   * Where to send the browser, and the cookie it must come back with. @throws OAuthProviderUnknown, OAuthProviderUnavailable
   */
  async start(request: StartRequest): Promise<{ location: string; cookie: NewCookie }> {
    const { provider, challenge } = request;
    const client = this.providers.get(provider);
    const browser = this.cookie.read(request.cookies) ?? BrowserCookie.newValue();
    const returnTo = this.allowed(request.returnTo);
    const secrets = await this.flows.begin(provider, { browser, returnTo, challenge });
    try {
      const url = await client.authorizationUrl(this.providers.redirectUri(provider), secrets);
      return { location: url.href, cookie: this.cookie.write(browser) };
    } catch (error) {
      // Nothing the caller did can be at fault here.
      this.logger.error(`The provider ${provider} cannot be used: ${reasonOf(error)}`);
      throw new OAuthProviderUnavailable(error);
    }
  }

  /**
   * Where to send the browser that came back with `query`: to where the sign-in was to lead, with a one-time code or an
   * error. @throws OAuthProviderUnknown, OAuthFlowInvalid when that is not known
   */
  async finish(provider: string, query: string, cookies: RequestCookies): Promise<string> {
    const client = this.providers.get(provider);
    const callback = new URL(this.providers.redirectUri(provider));
    callback.search = query;
    const [state = null, ...more] = callback.searchParams.getAll('state');
    const browser = this.cookie.read(cookies);
    const { returnTo, secrets } = await this.flows.take(provider, more.length > 0 ? null : state, browser);
    try {
      const account = await client.identify(callback, secrets);
      return withParameter(returnTo, 'code', await this.flows.prove(secrets.state, account));
    } catch (error) {
      const refusal = refusalOf(error);
      this.logger.warn(`Sign-in through ${provider} failed: ${refusal.spec.code} (${reasonOf(error)})`);
      await this.failures.record(provider, refusal.spec.code, null);
      return withParameter(returnTo, 'error', refusal.spec.code);
    }
  }

  /** An address of the list, equal to the last character, or else the default. */
  private allowed(returnTo: unknown): string {
    const { returnUrls } = this.oauth;
    return returnUrls.find((url) => url === returnTo) ?? returnUrls[0] ?? '';
  }
}

function withParameter(address: string, name: string, value: string): string {
  const url = new URL(address);
  url.searchParams.set(name, value);
  return url.href;
}
