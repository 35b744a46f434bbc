import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser, exchange } from '../support/browser.js';
import { forge, rsa } from '../support/forge.js';
import { codeTo } from '../support/jobs.js';
import { OidcProvider } from '../support/oauth-provider.js';
import { claimsOf, headerOf, login, refresh, statusOf, type TokenBody } from '../support/tokens.js';

interface SessionItem {
  readonly id: number;
  readonly amr: readonly string[];
  readonly createdAt: string;
  readonly authenticatedAt: string;
}

let provider: OidcProvider;
let service: TestApp;
beforeAll(async () => {
  provider = await OidcProvider.start();
  service = await startApp({
    env: { WORKER: 'off', OAUTH_PROVIDERS: JSON.stringify([provider.entry('acme')]) },
  });
});
afterAll(() => Promise.all([service.close(), provider.stop()]));

const newUser = () => service.factory.user({ signIn: false });
const byPassword = async (email: string) => (await login(service.api, email)).body;
async function byCode(email: string): Promise<TokenBody> {
  const asked = await service.api.post<{ challengeId: string }>('/auth/otp/request', {
    body: { identifier: email },
  });
  const body = { challengeId: asked.body.challengeId, code: await codeTo(service, email) };
  return (await service.api.post<TokenBody>('/auth/otp/login', { body })).body;
}
async function byProvider(): Promise<TokenBody> {
  provider.person = { sub: service.factory.unique('sub') };
  return (await exchange(service.api, await new Browser(service.api).go('acme'))).body;
}

const listed = async (token: string, path = '/auth/sessions') =>
  (await service.api.get<{ items: SessionItem[] }>(path, { token })).body.items;
/** A session as it was opened before the service kept how and when. */
const forget = ({ sid }: Record<string, unknown>) =>
  service.sql(
    `UPDATE session SET amr = '{}', auth_time = NULL, created_at = now() - interval '2 hours' WHERE id = $1`,
    [sid],
  );

describe('an access token', () => {
  it('says how the user proved who they are, and when', async () => {
    const { email } = await newUser();
    const ways: [string, TokenBody][] = [
      ['pwd', await byPassword(email)],
      ['otp', await byCode(email)],
      ['fed', await byProvider()],
    ];
    for (const [amr, { access_token: token }] of ways) {
      const claims = claimsOf(token);
      const [row] = await service.sql<{ at: number }>(
        'SELECT floor(extract(epoch FROM created_at))::int AS at FROM session WHERE id = $1',
        [claims.sid],
      );
      expect([amr, claims.amr, claims.auth_time]).toEqual([amr, [amr], row?.at]);
    }
  });

  it('says the same after a refresh, which proves nothing', async () => {
    const first = await byPassword((await newUser()).email);
    const { sid, amr, auth_time: signedInAt } = claimsOf(first.access_token);
    const before = Number(signedInAt) - 3600;
    await service.sql('UPDATE session SET auth_time = to_timestamp($2) WHERE id = $1', [sid, before]);
    const next = (await refresh(service.api, first.refresh_token)).body;
    expect(claimsOf(next.access_token)).toMatchObject({ sid, amr, auth_time: before });
    const again = (await refresh(service.api, first.refresh_token)).body;
    expect(claimsOf(again.access_token)).toMatchObject({ sid, amr, auth_time: before });
  });

  it('says nothing of what nobody has kept, and when the session was opened', async () => {
    const first = await byPassword((await newUser()).email);
    await forget(claimsOf(first.access_token));
    const claims = claimsOf((await refresh(service.api, first.refresh_token)).body.access_token);
    expect(claims).not.toHaveProperty('amr');
    expect(Math.abs(Number(claims.iat) - 7200 - Number(claims.auth_time))).toBeLessThan(60);
  });

  it('is good without them: those of before may have a while to go', async () => {
    const { access_token: token } = await byPassword((await newUser()).email);
    const { amr: _amr, auth_time: _authTime, ...claims } = claimsOf(token);
    const old = forge(headerOf(token), claims, rsa(service.app.get(SigningKeys).active.privateKey));
    expect(await statusOf(service.api, old)).toBe(200);
    const caller = await service.factory.userWith('tokens.validate');
    const answer = await service.api.post('/auth/validate', { token: caller.token, body: { token: old } });
    expect(answer.body).toEqual({ active: true, token_type: 'Bearer', ...claims });
  });
});

describe('a list of sessions', () => {
  it('shows how and when each was opened, to its user and to administrators', async () => {
    const user = await newUser();
    await byPassword(user.email);
    const { access_token: token } = await byCode(user.email);
    const own = await listed(token);
    expect(own.map(({ amr }) => amr)).toEqual([['otp'], ['pwd']]);
    for (const { createdAt, authenticatedAt } of own) expect(authenticatedAt).toBe(createdAt);
    const { token: admin } = await service.factory.superAdmin();
    expect(await listed(admin, `/users/${user.id}/sessions`)).toMatchObject(
      own.map(({ id, amr, authenticatedAt }) => ({ id, amr, authenticatedAt })),
    );
  });

  it('shows one of before as opened nobody knows how', async () => {
    const { access_token: token } = await byPassword((await newUser()).email);
    await forget(claimsOf(token));
    const [session] = await listed(token);
    expect(session?.amr).toEqual([]);
    expect(session?.authenticatedAt).toBe(session?.createdAt);
  });
});
