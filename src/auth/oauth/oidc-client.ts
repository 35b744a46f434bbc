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
import { isMultiTenant, type OAuthProviderConfig } from '../../users/identities/oauth.config.js';
import type { ProviderAccount } from '../directory/user-directory.js';
import { OAuthFailed } from './oauth.errors.js';
import { accountOf, type Claims } from './provider-account.js';
import {
  type FlowSecrets,
  IssuerMismatch,
  PROVIDER_TIMEOUT,
  type ProviderClient,
} from './provider-client.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** What the library found to differ from what it expected: a member of the metadata, or a claim of the ID token. */
interface Comparison {
  readonly attribute?: string;
  readonly body?: { readonly issuer?: unknown };
  readonly claim?: string;
  readonly claims?: { readonly iss?: unknown };
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
      ...(this.provider.responseMode === 'form_post' && { response_mode: 'form_post' }),
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
    }).catch((error: unknown) => {
      throw this.mismatchIn(error) ?? error;
    });
    const claims = answer.claims();
    if (!claims) throw new OAuthFailed();
    const profile = await this.profileOf(configuration, answer.access_token, claims);
    return accountOf(this.provider, { ...namesIn(callback), ...profile });
  }

  /**
   * Many providers put the address into the ID token, others keep it, or whether it is verified, at the userinfo endpoint.
   * Both are taken from one place: what is said of one address is not said of another.
   */
  private async profileOf(configuration: Configuration, token: string, claims: IDToken): Promise<Claims> {
    const isComplete = claims.email !== undefined && claims.email_verified !== undefined;
    if (isComplete || !configuration.serverMetadata().userinfo_endpoint) return claims;
    const { sub, ...profile } = await fetchUserInfo(configuration, token, claims.sub);
    const { email, email_verified } = profile.email === undefined ? claims : profile;
    return { ...claims, ...profile, sub, email, email_verified };
  }

  /** Discovered when it is needed first, and again every hour; if that fails, what is known goes on being good. */
  private configuration(): Promise<Configuration> {
    if (this.known && performance.now() < this.known.until) return Promise.resolve(this.known.configuration);
    this.discovering ??= this.discover().finally(() => {
      this.discovering = null;
    });
    return this.discovering;
  }

  /** What the library compared is in the cause of its error, or in the cause of that. */
  private mismatchIn(error: unknown): IssuerMismatch | null {
    const { cause } = error as { cause?: Comparison & { cause?: Comparison } };
    for (const { attribute, claim, body, claims } of [cause ?? {}, cause?.cause ?? {}]) {
      if (attribute === 'issuer') return new IssuerMismatch(this.provider.issuer, body?.issuer);
      if (claim === 'iss') return new IssuerMismatch(this.provider.issuer, claims?.iss);
    }
    return null;
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
      // The library compares URLs, and is lenient with issuers that serve many tenants, whether they were asked for or not.
      const { issuer: discovered } = configuration.serverMetadata();
      const isTemplate = isMultiTenant(issuer) && new URL(discovered).origin === new URL(issuer).origin;
      if (discovered !== issuer && !isTemplate) throw new IssuerMismatch(issuer, discovered);
      this.known = { configuration, until: performance.now() + HOUR };
      return configuration;
    } catch (error) {
      if (!this.known) throw this.mismatchIn(error) ?? error;
      this.known.until = performance.now() + MINUTE;
      return this.known.configuration;
    }
  }
}

/** What Apple adds to its answer the first time, and nowhere else: `user={"name":{"firstName":…,"lastName":…}}`. */
function namesIn(callback: URL): Claims {
  const user = callback.searchParams.get('user');
  if (user === null) return {};
  try {
    const { name } = JSON.parse(user) as { name?: { firstName?: unknown; lastName?: unknown } };
    return { given_name: name?.firstName, family_name: name?.lastName };
  } catch {
    return {};
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
