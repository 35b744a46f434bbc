import { OidcProvider } from '../../../test/support/oauth-provider.js';
import { OidcClient } from './oidc-client.js';
import { reasonOf } from './provider-client.js';

const ENTRA = 'https://login.microsoftonline.com';
const TENANT = '7c9f4d1e-2f4b-4f0c-9d7e-0d5c2b9e8a11';
const REDIRECT = 'https://id.example.com/api/v1/auth/oauth/x/callback';
const SECRETS = {
  state: 'state-'.padEnd(43, 's'),
  nonce: 'nonce-'.padEnd(43, 'n'),
  verifier: 'verifier-'.padEnd(43, 'v'),
};

let provider: OidcProvider;
beforeAll(async () => {
  provider = await OidcProvider.start();
});
afterAll(() => provider.stop());
beforeEach(() => {
  provider.person = { sub: 'somebody', nonce: SECRETS.nonce };
  provider.metadata = {};
});
afterEach(() => jest.restoreAllMocks());

/** What is asked of Microsoft is answered by the provider of the test. */
function standInForEntra(issuer: string): void {
  provider.metadata = {
    issuer,
    authorization_endpoint: `${ENTRA}/authorize`,
    token_endpoint: `${ENTRA}/token`,
    userinfo_endpoint: undefined,
    jwks_uri: `${ENTRA}/jwks`,
  };
  const real = globalThis.fetch;
  jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const path = url.pathname.endsWith('/openid-configuration')
      ? '/.well-known/openid-configuration'
      : url.pathname;
    return real(url.origin === ENTRA ? `${provider.issuer}${path}` : url, init);
  });
}

const clientOf = (issuer: string) =>
  new OidcClient({
    id: 'x',
    name: 'x',
    preset: null,
    issuer,
    clientId: 'gatehouse',
    clientSecret: 'client-secret',
    scopes: ['openid'],
    trustEmail: false,
    responseMode: 'query',
    endpoints: null,
  });

/** There and back. */
async function signIn(issuer: string) {
  const client = clientOf(issuer);
  const { search } = await client.authorizationUrl(REDIRECT, SECRETS);
  const answer = await fetch(`${provider.issuer}/authorize${search}`, { redirect: 'manual' });
  return client.identify(new URL(answer.headers.get('location') ?? ''), SECRETS);
}

const reasonFor = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'none',
    (error: unknown) => reasonOf(error),
  );

describe('the issuer of a provider', () => {
  it('F22: may stand for every tenant of Microsoft Entra ID: each signs with an issuer of its own', async () => {
    standInForEntra(`${ENTRA}/{tenantid}/v2.0`);
    Object.assign(provider.person, { tid: TENANT, iss: `${ENTRA}/${TENANT}/v2.0` });
    for (const issuer of [`${ENTRA}/common/v2.0`, `${ENTRA}/organizations/v2.0`]) {
      expect(await signIn(issuer)).toMatchObject({ subject: 'somebody' });
    }
  });

  it('F22, S60: is that of the tenant the token names, and of no other', async () => {
    standInForEntra(`${ENTRA}/{tenantid}/v2.0`);
    Object.assign(provider.person, { tid: TENANT, iss: `${ENTRA}/${TENANT.replace('7', '8')}/v2.0` });
    expect(await reasonFor(signIn(`${ENTRA}/common/v2.0`))).toContain('the configured issuer is');
  });

  it('F22, S60: stands for no tenant but the one that is configured', async () => {
    const issuer = `${ENTRA}/${TENANT}/v2.0`;
    standInForEntra(`${ENTRA}/{tenantid}/v2.0`);
    expect(await reasonFor(signIn(issuer))).toBe(
      `the configured issuer is ${issuer}, the provider says "${ENTRA}/{tenantid}/v2.0"`,
    );
  });

  it('F22: is named twice when the metadata have another', async () => {
    provider.metadata = { issuer: 'https://login.elsewhere.example' };
    expect(await reasonFor(signIn(provider.issuer))).toBe(
      `the configured issuer is ${provider.issuer}, the provider says "https://login.elsewhere.example"`,
    );
    provider.metadata = { issuer: `${provider.issuer}/` };
    expect(await reasonFor(signIn(provider.issuer))).toContain(`the provider says "${provider.issuer}/"`);
  });

  it('F22: is named twice when the ID token has another', async () => {
    provider.person.iss = 'https://login.elsewhere.example';
    expect(await reasonFor(signIn(provider.issuer))).toBe(
      `the configured issuer is ${provider.issuer}, the provider says "https://login.elsewhere.example"`,
    );
  });
});
