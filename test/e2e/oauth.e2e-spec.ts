import { type TestApp, startApp } from '../support/app.js';
import { Browser, challengeOf, exchange } from '../support/browser.js';
import { runScheduled } from '../support/jobs.js';
import { OAuth2Provider, OidcProvider } from '../support/oauth-provider.js';
import { statusOf, type TokenBody } from '../support/tokens.js';
import { refusesStrangers } from './guarded.js';

const APP = 'https://app.example.com/signed-in?from=menu';
const DONE = 'http://gatehouse.test/api/v1/auth/oauth/done';

let acme: OidcProvider;
let github: OAuth2Provider;
let facebook: OAuth2Provider;
let t: TestApp;

beforeAll(async () => {
  [acme, github, facebook] = await Promise.all([
    OidcProvider.start(),
    OAuth2Provider.start(),
    OAuth2Provider.start(),
  ]);
  const entries = [
    acme.entry('acme', { name: 'Acme Inc.', trustEmail: true }),
    github.entry('github'),
    facebook.entry('facebook'),
  ];
  t = await startApp({
    env: { OAUTH_PROVIDERS: JSON.stringify(entries), OAUTH_RETURN_URLS: `${DONE}, ${APP}` },
  });
});
afterAll(() => Promise.all([t.close(), acme.stop(), github.stop(), facebook.stop()]));
beforeEach(() => {
  acme.person = { sub: t.factory.unique('sub') };
  acme.userinfo = {};
});

const newBrowser = () => new Browser(t.api);
async function signIn(provider: string): Promise<TokenBody> {
  const answer = await exchange(t.api, await newBrowser().go(provider));
  expect([answer.status, answer.text]).toEqual([200, answer.text]);
  return answer.body;
}
const me = async ({ access_token: token }: TokenBody) => (await t.api.get('/users/me', { token })).body;

describe('the list of providers', () => {
  it('has an id and a name for each, and no secret', async () => {
    const { body } = await t.api.get('/auth/oauth/providers');
    expect(body).toEqual({
      items: [
        { id: 'acme', name: 'Acme Inc.' },
        { id: 'github', name: 'GitHub' },
        { id: 'facebook', name: 'Facebook' },
      ],
    });
  });
});

describe('the start', () => {
  it('sends the browser to the provider with state, nonce and a challenge of its own', async () => {
    const browser = newBrowser();
    const started = await browser.start('acme');
    const url = new URL(String(started.headers.location));
    expect(`${url.origin}${url.pathname}`).toBe(`${acme.issuer}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'gatehouse',
      response_type: 'code',
      redirect_uri: 'http://gatehouse.test/api/v1/auth/oauth/acme/callback',
      scope: 'openid email profile',
      state: expect.stringMatching(/^os_[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      code_challenge_method: 'S256',
    });
    expect(url.searchParams.get('code_challenge')).not.toBe(challengeOf(browser.verifier));
    expect(started.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });

  it('needs a challenge of the client', async () => {
    for (const query of ['', '?code_challenge=short', '?code_challenge=a&code_challenge=b']) {
      const { status, body } = await t.api.get(`/auth/oauth/acme/start${query}`);
      expect([query, status, body.code]).toEqual([query, 400, 'validation_failed']);
    }
    const plain = await t.api.get(
      `/auth/oauth/acme/start?code_challenge=${'a'.repeat(43)}&code_challenge_method=plain`,
    );
    expect(plain.status).toBe(400);
  });

  it('knows no other provider', async () => {
    for (const provider of ['google', 'ACME', 'acme%20', '__proto__', 'constructor', '..%2facme', '1']) {
      const { status, body } = await t.api.get(
        `/auth/oauth/${provider}/start?code_challenge=${'a'.repeat(43)}`,
      );
      expect([provider, status, body.code]).toEqual([provider, 404, 'oauth_provider_unknown']);
    }
  });
});

describe('a sign-in through an OpenID Connect provider', () => {
  it('makes an account the first time and finds it ever after', async () => {
    const email = t.factory.email();
    acme.person = {
      ...acme.person,
      email: email.toUpperCase(),
      email_verified: true,
      given_name: 'Ada',
      family_name: 'Lovelace',
    };
    const tokens = await signIn('acme');
    const first = await me(tokens);
    expect(first).toMatchObject({ firstName: 'Ada', lastName: 'Lovelace', email });
    acme.person = { ...acme.person, email: t.factory.email(), given_name: 'Grace' };
    expect((await me(await signIn('acme'))).id).toBe(first.id);
    const identities = await t.sql(
      'SELECT type, oauth_provider, is_verified, is_primary FROM user_identity WHERE user_id = $1 ORDER BY type',
      [first.id],
    );
    expect(identities).toEqual([
      { type: 'email', oauth_provider: null, is_verified: true, is_primary: true },
      { type: 'oauth', oauth_provider: 'acme', is_verified: null, is_primary: null },
    ]);
  });

  it('opens a session like any other: listed, refreshed, ended', async () => {
    const tokens = await signIn('acme');
    const refreshed = await t.api.post<TokenBody>('/auth/refresh', {
      body: { refresh_token: tokens.refresh_token },
    });
    expect(refreshed.status).toBe(200);
    const { access_token: token } = refreshed.body;
    expect(((await t.api.get('/auth/sessions', { token })).body.items as unknown[]).length).toBe(1);
    expect((await t.api.post('/auth/logout', { token })).status).toBe(204);
    expect(await statusOf(t.api, token)).toBe(401);
  });

  it('asks the userinfo endpoint when the ID token has no address', async () => {
    const email = t.factory.email();
    acme.userinfo = { email, email_verified: true, name: 'Katherine G. Johnson' };
    expect(await me(await signIn('acme'))).toMatchObject({
      email,
      firstName: 'Katherine',
      lastName: 'G. Johnson',
    });
  });

  it('F22: asks the userinfo endpoint whether the address is verified when the ID token does not say', async () => {
    const email = t.factory.email();
    acme.person = { ...acme.person, email };
    acme.userinfo = { email, email_verified: true };
    expect(await me(await signIn('acme'))).toMatchObject({ email });
  });

  it('F22: believes of an address only what is said where it stands', async () => {
    acme.person = { ...acme.person, email: t.factory.email() };
    acme.userinfo = { email_verified: true };
    expect(await me(await signIn('acme'))).toMatchObject({ email: null });
  });

  it('makes an account without an address when there is none, and one with a name', async () => {
    expect(await me(await signIn('acme'))).toMatchObject({ email: null, firstName: 'User', lastName: null });
  });

  it('cuts and cleans names', async () => {
    acme.person.given_name = `  Ada\u0000\n${'x'.repeat(100)}`;
    acme.person.family_name = ['Lovelace'];
    const user = await me(await signIn('acme'));
    expect(user).toMatchObject({ firstName: `Ada ${'x'.repeat(60)}`, lastName: null });
  });

  it('is in the audit log and tells of the user and the link, without who they are at the provider', async () => {
    const user = await me(await signIn('acme'));
    const actions = await t.sql<{ action: string; details: object }>(
      `SELECT action, details FROM audit_log WHERE subject_type = 'user' AND subject_id = $1 ORDER BY id`,
      [String(user.id)],
    );
    expect(actions).toEqual([
      { action: 'user.created', details: { registered: true } },
      { action: 'identity.linked', details: { provider: 'acme', identityId: expect.any(Number) as number } },
      { action: 'auth.login', details: { method: 'oauth:acme' } },
    ]);
    const events = await t.sql<{ type: string; payload: object }>(
      `SELECT type, payload FROM outbox WHERE aggregate_id = $1 AND type = 'identity.linked'`,
      [String(user.id)],
    );
    expect(events).toEqual([
      {
        type: 'identity.linked',
        payload: {
          userId: user.id,
          identityId: expect.any(Number) as number,
          type: 'oauth',
          provider: 'acme',
        },
      },
    ]);
  });

  it('brings the client secret the way the provider takes it, in the header where it does not say', async () => {
    const ways: ['basic' | 'post', string[] | undefined][] = [
      ['basic', undefined],
      ['basic', ['client_secret_basic']],
      ['basic', ['private_key_jwt', 'client_secret_basic']],
      ['post', ['client_secret_post']],
      ['post', ['client_secret_basic', 'client_secret_post']],
    ];
    const providers = await Promise.all(ways.map(() => OidcProvider.start()));
    ways.forEach(([takes, methods], index) =>
      Object.assign(providers[index] ?? {}, {
        takes,
        metadata: { token_endpoint_auth_methods_supported: methods },
        person: { sub: t.factory.unique('sub') },
      }),
    );
    const app = await startApp({
      databaseUrl: t.databaseUrl,
      env: { OAUTH_PROVIDERS: JSON.stringify(providers.map((one, index) => one.entry(`way-${index}`))) },
    });
    try {
      for (const [index, way] of ways.entries())
        expect([way, (await new Browser(app.api).go(`way-${index}`)).error]).toEqual([way, null]);
    } finally {
      await Promise.all([app.close(), ...providers.map((one) => one.stop())]);
    }
  });

  it('returns to the address that was asked for, query included', async () => {
    const { url, code } = await newBrowser().go('acme', APP);
    expect(url.href).toBe(`${APP}&code=${code}`);
    expect(code).toMatch(/^oc_[\w-]{43}$/);
  });

  it('shows the code where there is no app yet', async () => {
    const { url, code } = await newBrowser().go('acme');
    const page = await t.api.get(url.href.replace('http://gatehouse.test/api/v1', ''));
    expect([page.status, page.body]).toEqual([200, { code, error: null }]);
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('makes the device known', async () => {
    const answer = await exchange(t.api, await newBrowser().go('acme'));
    expect(String(answer.headers['set-cookie'])).toContain('__Host-gatehouse-device=');
  });

  it('goes on in two tabs at once', async () => {
    const browser = newBrowser();
    const [one, two] = [await browser.start('acme'), await browser.start('acme')];
    for (const started of [one, two])
      expect(browser.returned(await browser.open(await browser.visit(started))).code).not.toBeNull();
  });

  it('says when the person declines', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('acme'));
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    const { url, error } = browser.returned(await browser.open(back));
    expect([url.href, error]).toEqual([`${DONE}?error=oauth_denied`, 'oauth_denied']);
    const [entry] = await t.sql(
      `SELECT outcome, details FROM audit_log WHERE action = 'auth.oauth_login' ORDER BY id DESC LIMIT 1`,
    );
    expect(entry).toEqual({ outcome: 'failure', details: { provider: 'acme', reason: 'oauth_denied' } });
  });
});

describe('the clean-up', () => {
  it('removes what is out of date and nothing else', async () => {
    const [old, fresh] = [newBrowser(), newBrowser()];
    await old.start('acme');
    await t.sql('UPDATE oauth_flow SET expires_at = now()');
    const back = await fresh.visit(await fresh.start('acme'));
    await runScheduled(t, 'auth.clean_up_oauth_flows');
    expect((await t.sql('SELECT 1 FROM oauth_flow')).length).toBe(1);
    expect(fresh.returned(await fresh.open(back)).code).not.toBeNull();
  });
});

describe('a sign-in through GitHub', () => {
  beforeEach(() => {
    github.iss = 'https://github.com/login/oauth';
    github.answers['/user'] = { id: Math.floor(Math.random() * 1e9) + 1, login: 'ada', name: 'Ada Lovelace' };
    github.answers['/emails'] = [];
  });

  it('reads who it is with the access token and keeps neither', async () => {
    const email = t.factory.email();
    github.answers['/emails'] = [
      { email: t.factory.email(), primary: false, verified: true },
      { email, primary: true, verified: true },
    ];
    const tokens = await signIn('github');
    const user = await me(tokens);
    expect(user).toMatchObject({ firstName: 'Ada', lastName: 'Lovelace', email });
    expect(github.readers.at(-1)).toBe('Bearer at-provider-secret');
    expect(github.tokenRequests.at(-1)?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
    const [identity] = await t.sql<{ value: string }>(
      `SELECT value FROM user_identity WHERE user_id = $1 AND type = 'oauth'`,
      [user.id],
    );
    expect(identity?.value).toBe(String((github.answers['/user'] as { id: number }).id));
  });

  it('takes no address that GitHub has not verified', async () => {
    const email = t.factory.email();
    github.answers['/emails'] = [{ email, primary: true, verified: false }];
    expect(await me(await signIn('github'))).toMatchObject({ email: null });
  });

  it.each([403, 404])('F22: signs people in whose addresses the app may not read (%i)', async (status) => {
    github.answers['/emails'] = status;
    expect(await me(await signIn('github'))).toMatchObject({ email: null, firstName: 'Ada' });
  });

  it('comes to nothing without a number, and says whether it is GitHub that is down', async () => {
    const outcomes: Record<string, unknown> = {
      '{}': {},
      'id as text': { id: '1' },
      'id 0': { id: 0 },
      'id 1.5': { id: 1.5 },
      'no JSON': 'nonsense{',
      '401': 401,
      '503': 503,
    };
    const errors: Record<string, string | null> = {};
    for (const [name, answer] of Object.entries(outcomes)) {
      github.answers['/user'] = answer;
      errors[name] = (await newBrowser().go('github')).error;
    }
    expect(errors).toEqual({
      ...Object.fromEntries(Object.keys(outcomes).map((name) => [name, 'oauth_failed'])),
      '503': 'oauth_provider_unavailable',
    });
  });

  it('comes to nothing when another issuer answers', async () => {
    github.iss = 'https://evil.example';
    expect((await newBrowser().go('github')).error).toBe('oauth_failed');
  });
});

describe('a sign-in through Facebook', () => {
  it('makes an account without the address, which Facebook does not call verified', async () => {
    facebook.answers['/user'] = {
      id: '10158',
      email: t.factory.email(),
      email_verified: true,
      first_name: 'Ada',
      last_name: 'King',
    };
    expect(await me(await signIn('facebook'))).toMatchObject({
      firstName: 'Ada',
      lastName: 'King',
      email: null,
    });
  });
});

describe('linking', () => {
  const route = {
    method: 'POST',
    path: '/users/me/identities/oauth',
    body: { code: 'x', code_verifier: 'x'.repeat(43) },
  };
  refusesStrangers(() => t, route);

  const link = (token: string, { code, verifier }: { code: string | null; verifier: string }) =>
    t.api.post('/users/me/identities/oauth', { token, body: { code, code_verifier: verifier } });

  it('joins the account at the provider to the one that is signed in', async () => {
    const user = await t.factory.user();
    expect((await link(user.token, await newBrowser().go('acme'))).status).toBe(204);
    expect((await me(await signIn('acme'))).id).toBe(user.id);
  });

  it('is done once: again it changes nothing', async () => {
    const user = await t.factory.user();
    for (let time = 0; time < 2; time += 1)
      expect((await link(user.token, await newBrowser().go('acme'))).status).toBe(204);
    const rows = await t.sql(`SELECT 1 FROM user_identity WHERE user_id = $1 AND type = 'oauth'`, [user.id]);
    expect(rows.length).toBe(1);
  });

  it('takes nobody the account they have linked', async () => {
    const [owner, other] = [await t.factory.user(), await t.factory.user()];
    await link(owner.token, await newBrowser().go('acme'));
    const answer = await link(other.token, await newBrowser().go('acme'));
    expect([answer.status, answer.body.code]).toEqual([409, 'oauth_account_taken']);
  });

  it('asks no permission to register and looks at no address', async () => {
    const [user, other] = [await t.factory.user(), await t.factory.user()];
    acme.person = { ...acme.person, email: other.email, email_verified: true };
    expect((await link(user.token, await newBrowser().go('acme'))).status).toBe(204);
    expect((await me(await signIn('acme'))).id).toBe(user.id);
  });
});
