import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  Configuration,
  fetchProtectedResource,
} from 'openid-client';
import type { OAuthEndpoints, OAuthProviderConfig } from '../../users/identities/oauth.config.js';
import type { ProviderAccount } from '../directory/user-directory.js';
import { OAuthFailed, OAuthProviderUnavailable } from './oauth.errors.js';
import { accountOf, type Claims } from './provider-account.js';
import {
  type FlowSecrets,
  isPassingStatus,
  PROVIDER_TIMEOUT,
  type ProviderClient,
} from './provider-client.js';

type Json = Readonly<Record<string, unknown>>;
/** Reads JSON; null for a status of `orNull`. */
type Read = (address: string, orNull?: readonly number[]) => Promise<unknown>;
/** Reads who somebody is, in the provider's own words, and says it in those of OpenID Connect. */
type ProfileReader = (endpoints: OAuthEndpoints, read: Read) => Promise<Claims>;

/** Facebook does not say whether an address is verified: `email_verified` stays out. */
export const readFacebookProfile: ProfileReader = async ({ userinfo }, read) => {
  const { id, email, name, first_name, last_name } = objectOf(await read(userinfo));
  return { sub: id, email, name, given_name: first_name, family_name: last_name };
};

/** What GitHub answers to an app that may not read addresses. */
const NOT_ALLOWED = [403, 404];

/** GitHub counts its users and names their addresses apart, to apps with the permission to read them. */
export const readGitHubProfile: ProfileReader = async ({ userinfo, emails }, read) => {
  const { id, name, login } = objectOf(await read(userinfo));
  const profile = { sub: decimalOf(id), name, preferred_username: login };
  const addresses = emails === undefined ? [] : await read(emails, NOT_ALLOWED);
  const primary = (Array.isArray(addresses) ? addresses : [])
    .map(objectOf)
    .find((address) => address.primary === true);
  return primary ? { ...profile, email: primary.email, email_verified: primary.verified } : profile;
};

/** A provider that speaks OAuth2 only: who somebody is, is asked with the access token, which is not kept. */
export class OAuth2Client implements ProviderClient {
  private readonly configuration: Configuration;

  constructor(
    private readonly provider: OAuthProviderConfig,
    private readonly endpoints: OAuthEndpoints,
    private readonly readProfile: ProfileReader,
  ) {
    const { issuer, clientId, clientSecret } = provider;
    this.configuration = new Configuration(
      { issuer, authorization_endpoint: endpoints.authorization, token_endpoint: endpoints.token },
      clientId,
      clientSecret,
    );
    this.configuration.timeout = PROVIDER_TIMEOUT;
    // Production refuses such addresses.
    if (endpoints.token.startsWith('http:')) allowInsecureRequests(this.configuration);
  }

  async authorizationUrl(redirectUri: string, { state, verifier }: FlowSecrets): Promise<URL> {
    return buildAuthorizationUrl(this.configuration, {
      redirect_uri: redirectUri,
      scope: this.provider.scopes.join(' '),
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
  }

  async identify(callback: URL, { state, verifier }: FlowSecrets): Promise<ProviderAccount> {
    const answer = await authorizationCodeGrant(this.configuration, callback, {
      expectedState: state,
      pkceCodeVerifier: verifier,
    });
    const claims = await this.readProfile(this.endpoints, (address, orNull) =>
      this.read(answer.access_token, address, orNull),
    );
    return accountOf(this.provider, claims);
  }

  private async read(token: string, address: string, orNull: readonly number[] = []): Promise<unknown> {
    const headers = new Headers({ accept: 'application/json' });
    const url = new URL(address);
    const response = await fetchProtectedResource(this.configuration, token, url, 'GET', undefined, headers);
    if (isPassingStatus(response.status)) throw new OAuthProviderUnavailable();
    if (orNull.includes(response.status)) return null;
    if (!response.ok) throw new OAuthFailed();
    return response.json().catch((error: unknown) => {
      throw new OAuthFailed(undefined, { cause: error });
    });
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function decimalOf(id: unknown): string | undefined {
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? String(id) : undefined;
}
