import { Injectable } from '@nestjs/common';
import { OAuthConfig } from '../../users/identities/oauth.config.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import type { OAuthProviderConfig } from '../../users/identities/oauth.config.js';
import { OAuth2Client, readFacebookProfile, readGitHubProfile } from './oauth2-client.js';
import { OidcClient } from './oidc-client.js';
import { OAuthProviderUnknown } from './oauth.errors.js';
import type { ProviderClient } from './provider-client.js';

/** The providers people may sign in with: those configured now, whoever is linked to others. */
@Injectable()
export class OAuthProviders {
  private readonly clients: ReadonlyMap<string, ProviderClient>;

  constructor(
    private readonly oauth: OAuthConfig,
    private readonly http: HttpConfig,
  ) {
    this.clients = new Map(oauth.providers.map((provider) => [provider.id, clientOf(provider)]));
  }

  list(): { id: string; name: string }[] {
    return this.oauth.providers.map(({ id, name }) => ({ id, name }));
  }

  /** @throws OAuthProviderUnknown */
  get(id: string): ProviderClient {
    const client = this.clients.get(id);
    if (!client) throw new OAuthProviderUnknown();
    return client;
  }

  /** Where the provider sends browsers back to: one address a provider, so that none can answer for another. */
  redirectUri(id: string): string {
    return `${this.http.publicBaseUrl}/api/v1/auth/oauth/${id}/callback`;
  }
}

function clientOf(provider: OAuthProviderConfig): ProviderClient {
  if (provider.endpoints === null) return new OidcClient(provider);
  const reader = provider.preset === 'github' ? readGitHubProfile : readFacebookProfile;
  return new OAuth2Client(provider, provider.endpoints, reader);
}
