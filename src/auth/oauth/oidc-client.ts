import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  type IDToken,
} from 'openid-client';
import type { OAuthProviderConfig } from '../../platform/config/oauth-config.js';
import type { ProviderAccount } from '../user-directory.js';
import { OAuthFailed } from './oauth.errors.js';
import { accountOf, type Claims } from './provider-account.js';
import { type FlowSecrets, PROVIDER_TIMEOUT, type ProviderClient } from './provider-client.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The issuer's metadata name another issuer than the one that is configured. */
class IssuerMismatch extends Error {
  constructor() {
    super('The discovered issuer is not, character by character, the configured one');
    this.name = 'IssuerMismatch';
  }
}

/**
 * A provider that speaks OpenID Connect. The library checks signature (with the keys of the configured issuer and
 * asymmetric algorithms only), `iss`, `aud`, `azp`, `exp`, `iat` and `nonce` of the ID token.
 */
export class OidcClient implements ProviderClient {
  private known: { readonly configuration: Configuration; until: number } | null = null;
  private discovering: Promise<Configuration> | null = null;

  constructor(private readonly provider: OAuthProviderConfig) {}

  async authorizationUrl(redirectUri: string, { state, nonce, verifier }: FlowSecrets): Promise<URL> {
    return buildAuthorizationUrl(await this.configuration(), {
      redirect_uri: redirectUri,
      scope: this.provider.scopes.join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
  }

  async identify(callback: URL, { state, nonce, verifier }: FlowSecrets): Promise<ProviderAccount> {
    const configuration = await this.configuration();
    const answer = await authorizationCodeGrant(configuration, callback, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const claims = answer.claims();
    if (!claims) throw new OAuthFailed();
    return accountOf(this.provider, await this.profileOf(configuration, answer.access_token, claims));
  }

  /** Many providers put the address into the ID token, the others keep it at the userinfo endpoint. */
  private async profileOf(configuration: Configuration, token: string, claims: IDToken): Promise<Claims> {
    if (claims.email !== undefined || !configuration.serverMetadata().userinfo_endpoint) return claims;
    const { sub, ...profile } = await fetchUserInfo(configuration, token, claims.sub);
    return { ...claims, ...profile, sub };
  }

  /** Discovered when it is needed first, and again every hour; if that fails, what is known goes on being good. */
  private configuration(): Promise<Configuration> {
    if (this.known && performance.now() < this.known.until) return Promise.resolve(this.known.configuration);
    this.discovering ??= this.discover().finally(() => {
      this.discovering = null;
    });
    return this.discovering;
  }

  private async discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.provider;
    // Only where the issuer itself is http, which production refuses.
    const insecure = issuer.startsWith('http:') ? [allowInsecureRequests] : [];
    try {
      const proof = authentication(clientSecret);
      const configuration = await discovery(new URL(issuer), clientId, clientSecret, proof, {
        timeout: PROVIDER_TIMEOUT,
        execute: [...insecure, enableNonRepudiationChecks],
      });
      // The library compares URLs, and is lenient with some issuers that serve many tenants.
      if (configuration.serverMetadata().issuer !== issuer) throw new IssuerMismatch();
      this.known = { configuration, until: performance.now() + HOUR };
      return configuration;
    } catch (error) {
      if (!this.known) throw error;
      this.known.until = performance.now() + MINUTE;
      return this.known.configuration;
    }
  }
}

/**
 * How the client proves itself at the token endpoint: in the body where the provider takes that, else in the header, which
 * is also what a provider takes that does not say (OpenID Connect Discovery 1.0, section 3).
 */
function authentication(secret: string): ClientAuth {
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, ...request) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const usesHeader = methods.includes('client_secret_basic') && !methods.includes('client_secret_post');
    return (usesHeader ? basic : post)(server, ...request);
  };
}
