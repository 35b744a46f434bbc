import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:net';
import { startApp, type TestApp } from '../support/app.js';
import { Browser, challengeOf, exchange } from '../support/browser.js';
import { type Cluster, startCluster, tally, together } from '../support/cluster.js';
import { forge, hmac, rsa, unsigned } from '../support/forge.js';
import { type Claims, OidcProvider } from '../support/oauth-provider.js';

const APP = 'https://app.example.com/signed-in';
const KID = { alg: 'RS256', kid: 'provider-key' };

let acme: OidcProvider;
let evil: OidcProvider;
let cluster: Cluster;
let env: Record<string, string>;

beforeAll(async () => {
  [acme, evil] = await Promise.all([OidcProvider.start(), OidcProvider.start()]);
  env = {
    OAUTH_PROVIDERS: JSON.stringify([
      acme.entry('acme', { trustEmail: true }),
      evil.entry('evil', { trustEmail: true }),
    ]),
    OAUTH_RETURN_URLS: `${APP},${APP}/deep?a=1,com.example.app:/signed-in`,
  };
  cluster = await startCluster(env);
});
afterAll(() => Promise.all([cluster.close(), acme.stop(), evil.stop()]));
beforeEach(() => {
  acme.person = { sub: cluster.a.factory.unique('sub') };
  evil.person = { sub: cluster.a.factory.unique('sub') };
  acme.lie = null;
});

const newBrowser = () => new Browser(cluster.a.api);
const countSessions = async () => (await cluster.a.sql('SELECT 1 FROM session')).length;

describe('the way back from the provider', () => {
  const refused = [400, 'oauth_flow_invalid'];

  it('S59: needs the state, once', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('acme'));
    const state = back.searchParams.get('state') ?? '';
    for (const states of [[], [''], ['x'], [`${state}x`], [state.slice(0, -1)], [state, state]]) {
      const url = new URL(back);
      url.searchParams.delete('state');
      for (const value of states) url.searchParams.append('state', value);
      const { status, body } = await browser.open(url);
      expect([states, status, body.code]).toEqual([states, ...refused]);
    }
    expect(browser.returned(await browser.open(back)).code).not.toBeNull();
  });

  it('S59: needs the browser it began in', async () => {
    const [one, two] = [newBrowser(), newBrowser()];
    const back = await one.visit(await one.start('acme'));
    const other = await two.visit(await two.start('acme'));
    for (const [browser, url] of [
      [two, back],
      [one, other],
      [newBrowser(), back],
    ] as const) {
      const { status, body } = await browser.open(url);
      expect([status, body.code]).toEqual(refused);
    }
    expect(one.returned(await one.open(back)).code).not.toBeNull();
    expect(two.returned(await two.open(other)).code).not.toBeNull();
  });

  it('S59: works once, however many come at once', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('acme'));
    const path = `/auth/oauth/acme/callback${back.search}`;
    const headers = { cookie: browser.cookie };
    const answers = await together(10, (index) =>
      (index % 2 ? cluster.a : cluster.b).api.get(path, { headers }),
    );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 302: 1, 400: 9 });
    expect((await browser.open(back)).status).toBe(400);
  });

  it('S59: works once for what fails too', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('acme'));
    const wrong = new URL(back);
    wrong.searchParams.set('code', 'stolen');
    expect(browser.returned(await browser.open(wrong)).error).toBe('oauth_failed');
    expect((await browser.open(back)).status).toBe(400);
  });

  it('S59: ends after ten minutes', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('acme'));
    const [left] = await cluster.a.sql<{ seconds: number }>(
      'SELECT extract(epoch FROM max(expires_at) - now())::float8 AS seconds FROM oauth_flow',
    );
    expect(left?.seconds).toBeGreaterThan(590);
    expect(left?.seconds).toBeLessThanOrEqual(600);
    await cluster.a.sql('UPDATE oauth_flow SET expires_at = now()');
    const { status, body } = await browser.open(back);
    expect([status, body.code]).toEqual(refused);
  });

  it('S59: is that of the provider it began with', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('evil'));
    const { status, body } = await browser.open(`/auth/oauth/acme/callback${back.search}`);
    expect([status, body.code]).toEqual(refused);
  });

  it('S59: has a code that is bound to the request by PKCE', async () => {
    const [one, two] = [newBrowser(), newBrowser()];
    const stolen = await one.visit(await one.start('acme'));
    const own = await two.visit(await two.start('acme'));
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    expect(two.returned(await two.open(own)).error).toBe('oauth_failed');
  });

  it('S59: stores neither state, cookie nor code', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('acme'));
    const { code } = browser.returned(await browser.open(back));
    const rows = await cluster.a.sql<{ row: string }>('SELECT f::text AS row FROM oauth_flow f');
    const secrets = [back.searchParams.get('state'), browser.cookie.split('=')[1], code, acme.person.sub];
    for (const secret of secrets) {
      const text = String(secret);
      const hex = Buffer.from(text).toString('hex');
      expect(rows.filter(({ row }) => row.includes(text) || row.includes(hex))).toEqual([]);
    }
  });

  it('S59: has a cookie for this site only, out of reach of scripts, kept to https where there is https', async () => {
    const cookieOf = async (app: TestApp) => {
      const start = `/auth/oauth/acme/start?code_challenge=${challengeOf('x')}`;
      return String((await app.api.get(start)).headers['set-cookie']);
    };
    expect(await cookieOf(cluster.a)).toMatch(
      /^gatehouse-oauth=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const secure = await startApp({
      databaseUrl: cluster.a.databaseUrl,
      env: { ...env, PUBLIC_BASE_URL: 'https://id.example.com' },
    });
    expect(await cookieOf(secure)).toMatch(
      /^__Host-gatehouse-oauth=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    await secure.close();
  });
});

describe('the one-time code', () => {
  it('S59, G2: is exchanged once, however many try at once', async () => {
    const returned = await newBrowser().go('acme');
    const answers = await together(10, (index) =>
      exchange((index % 2 ? cluster.a : cluster.b).api, returned),
    );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 1, 400: 9 });
  });

  it('S59: is worth nothing without the verifier, and is tried once', async () => {
    const returned = await newBrowser().go('acme');
    const wrong = await exchange(cluster.a.api, { ...returned, verifier: 'x'.repeat(43) });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid_oauth_code']);
    expect((await exchange(cluster.a.api, returned)).status).toBe(400);
  });

  it('S59: ends after a minute', async () => {
    const returned = await newBrowser().go('acme');
    await cluster.a.sql(`UPDATE oauth_flow SET expires_at = expires_at - interval '60 s'`);
    expect((await exchange(cluster.a.api, returned)).status).toBe(400);
  });

  it('S83: is one text, as is the verifier', async () => {
    const body = { code: 'oc_x', code_verifier: 'x'.repeat(43) };
    for (const odd of [{ code: ['oc_x'] }, { code: { $ne: null } }, { code_verifier: 1 }, { userId: 1 }]) {
      const answer = await cluster.a.api.post('/auth/oauth/token', { body: { ...body, ...odd } });
      expect(answer.status).toBe(400);
    }
  });
});

describe('an ID token', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const now = () => Math.floor(Date.now() / 1000);
  type Lie = (claims: Claims, truth: OidcProvider) => string | undefined;
  const saying =
    (more: Claims): Lie =>
    (claims, truth) =>
      truth.sign({ ...claims, ...more });
  const without =
    (name: string): Lie =>
    (claims, truth) =>
      truth.sign(Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)));
  const publicPem = (truth: OidcProvider) => truth.publicKey.export({ type: 'spki', format: 'pem' });

  it.each<[string, Lie]>([
    ['is of another issuer, signed by it', (claims) => evil.sign({ ...claims, iss: evil.issuer })],
    ['is of another issuer, which signed for ours', (claims) => evil.sign(claims)],
    ['is of ours, and names another', (claims, truth) => truth.sign({ ...claims, iss: evil.issuer })],
    ['names ours with a slash', (claims, truth) => truth.sign({ ...claims, iss: `${acme.issuer}/` })],
    ['names no issuer', without('iss')],
    ['is for another client', saying({ aud: 'another-client' })],
    ['is for several clients, and not asked for by us', saying({ aud: ['gatehouse', 'x'], azp: 'x' })],
    ['is for nobody', without('aud')],
    ['has another nonce', saying({ nonce: 'another' })],
    ['has no nonce', without('nonce')],
    ['is out of date', saying({ iat: now() - 7_200, exp: now() - 3_600 })],
    ['has no end', without('exp')],
    ['is not signed', (claims) => forge({ alg: 'none' }, claims, unsigned)],
    ['is signed with an empty signature', (claims) => forge(KID, claims, unsigned)],
    ['is signed by a stranger', (claims) => forge(KID, claims, rsa(other.privateKey))],
    [
      'is signed with the public key as a secret',
      (claims, truth) => forge({ ...KID, alg: 'HS256' }, claims, hmac(publicPem(truth))),
    ],
    [
      'is signed with the client secret',
      (claims) => forge({ ...KID, alg: 'HS256' }, claims, hmac('client-secret')),
    ],
    [
      'brings its own key',
      (claims) =>
        forge(
          { alg: 'RS256', jwk: other.publicKey.export({ format: 'jwk' }) },
          claims,
          rsa(other.privateKey),
        ),
    ],
    [
      'is signed with another algorithm',
      (claims, truth) => forge({ ...KID, alg: 'RS512' }, claims, rsa(truth.privateKey, 512)),
    ],
    ['has no subject', without('sub')],
    ['has an empty subject', saying({ sub: '' })],
    ['has a list for a subject', saying({ sub: ['victim'] })],
    ['has an object for a subject', saying({ sub: { $ne: null } })],
    ['has a number for a subject', saying({ sub: 12 })],
    ['has a subject with spaces', saying({ sub: ' victim' })],
    ['has a subject that is too long', saying({ sub: 'x'.repeat(192) })],
    ['is no token', () => 'nonsense'],
    ['is missing', () => undefined],
  ])('S60, G14: opens nothing when it %s', async (_, lie) => {
    const before = await countSessions();
    acme.lie = lie;
    const { error, code } = await newBrowser().go('acme');
    expect([error, code]).toEqual(['oauth_failed', null]);
    expect(await countSessions()).toBe(before);
  });

  it('S60: opens the way when it is as it should be, with the longest subject too', async () => {
    acme.person = { sub: 'x'.repeat(191) };
    expect((await exchange(cluster.a.api, await newBrowser().go('acme'))).status).toBe(200);
  });

  it('S60: comes from the configured issuer: what another one calls itself is not believed', async () => {
    evil.metadata = { issuer: acme.issuer };
    const fresh = await startApp({ databaseUrl: cluster.a.databaseUrl, env });
    const { status, body, headers } = await new Browser(fresh.api).start('evil');
    await fresh.close();
    evil.metadata = {};
    expect([status, body.code]).toEqual([503, 'oauth_provider_unavailable']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('the address to return to', () => {
  const NOT_LISTED = [
    'https://evil.example',
    'https://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/signed-in/',
    'https://app.example.com/signed-in?x=1',
    'https://app.example.com/signed-in#x',
    'https://app.example.com/signed-in/../evil',
    'https://app.example.com/signed-in%2f..%2fevil',
    'https://app.example.com//signed-in',
    'HTTPS://app.example.com/signed-in',
    'https://APP.example.com/signed-in',
    'http://app.example.com/signed-in',
    'https://app.example.com:443/signed-in',
    'https://app.example.com.evil.example/signed-in',
    'https://evil-app.example.com/signed-in',
    'https://app.example.com@evil.example/signed-in',
    'https://user:pass@app.example.com/signed-in',
    'https:app.example.com/signed-in',
    'https:/app.example.com/signed-in',
    'https:evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/signed-in',
    ' https://app.example.com/signed-in',
    'https://app.example.com/signed-in\n',
    'https://app.example.com/\tsigned-in',
    'https://app.example.com/signed-in\0',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://app.example.com/*',
    'https://ａpp.example.com/signed-in',
    'com.example.app:/other',
    '',
  ];

  it.each(NOT_LISTED)('S61, G11: is the default instead of %j', async (returnTo) => {
    const { url } = await newBrowser().go('acme', returnTo);
    expect(`${url.origin}${url.pathname}`).toBe(APP);
  });

  it('S61, G11: is the default instead of several', async () => {
    const browser = newBrowser();
    const query = `code_challenge=${challengeOf(browser.verifier)}&return_to=${APP}/deep?a=1&return_to=https://evil.example`;
    const back = await browser.visit(await browser.open(`/auth/oauth/acme/start?${query}`));
    expect(browser.returned(await browser.open(back)).url.href).toMatch(
      /^https:\/\/app\.example\.com\/signed-in\?code=/,
    );
  });

  it('S61: is one of the list, to the last character', async () => {
    const deep = await newBrowser().go('acme', `${APP}/deep?a=1`);
    expect(deep.url.href).toBe(`${APP}/deep?a=1&code=${deep.code}`);
    const native = await newBrowser().go('acme', 'com.example.app:/signed-in');
    expect(native.url.href).toBe(`com.example.app:/signed-in?code=${native.code}`);
  });

  it('S61: is taken from the start: the way back changes nothing', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('acme'));
    back.searchParams.set('return_to', 'https://evil.example');
    back.searchParams.set('redirect_uri', 'https://evil.example');
    expect(browser.returned(await browser.open(back)).url.origin).toBe('https://app.example.com');
  });

  it('S61: shows no code where the app has a place for it', async () => {
    expect((await cluster.a.api.get('/auth/oauth/done?code=x')).status).toBe(404);
  });
});

describe('what is switched off', () => {
  it('S62: is a provider that begins nothing, takes nobody back and opens nothing', async () => {
    const [early, late, linking] = [newBrowser(), newBrowser(), newBrowser()];
    const back = await early.visit(await early.start('acme'));
    const returned = await late.go('acme');
    const { code, verifier } = await linking.go('acme');
    const { token } = await cluster.a.factory.user();
    const off = await startApp({
      databaseUrl: cluster.a.databaseUrl,
      env: { ...env, OAUTH_PROVIDERS: JSON.stringify([evil.entry('evil')]) },
    });
    const headers = { cookie: early.cookie };
    const answers = [
      await new Browser(off.api).start('acme'),
      await off.api.get(`/auth/oauth/acme/callback${back.search}`, { headers }),
      await exchange(off.api, returned),
      await off.api.post('/users/me/identities/oauth', { token, body: { code, code_verifier: verifier } }),
    ];
    await off.close();
    const told = answers.map(({ status, body }) => `${status} ${String(body.code)}`);
    expect(tally(told)).toEqual({ '404 oauth_provider_unknown': 4 });
  });

  it('S62: is registration, in the middle of a sign-in too; who has an account gets in', async () => {
    const off = await startApp({
      databaseUrl: cluster.a.databaseUrl,
      env: { ...env, REGISTRATION_ENABLED: 'false' },
    });
    const newcomer = await newBrowser().go('acme');
    const refused = await exchange(off.api, newcomer);
    const user = await cluster.a.factory.user();
    acme.person = { sub: cluster.a.factory.unique('sub'), email: user.email, email_verified: true };
    const known = await exchange(off.api, await newBrowser().go('acme'));
    await off.close();
    expect([refused.status, refused.body.code]).toEqual([403, 'registration_disabled']);
    expect(known.status).toBe(200);
  });
});

describe('a provider that does not answer', () => {
  /** Takes connections and says nothing. */
  const silent = createServer(() => {});
  let slow: TestApp;
  let port: number;
  beforeAll(async () => {
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    ({ port } = silent.address() as { port: number });
    const entries = [
      acme.entry('slow', { issuer: `http://127.0.0.1:${port}` }),
      acme.entry('gone', { issuer: 'http://127.0.0.1:1' }),
    ];
    slow = await startApp({
      databaseUrl: cluster.a.databaseUrl,
      env: { OAUTH_PROVIDERS: JSON.stringify(entries) },
    });
  });
  afterAll(async () => {
    await slow.close();
    silent.close();
  });

  it.each(['gone', 'slow'])('is told as that within seconds: %s', async (provider) => {
    const begun = performance.now();
    const { status, body, headers } = await new Browser(slow.api).start(provider);
    expect([status, body.code]).toEqual([503, 'oauth_provider_unavailable']);
    expect(headers['retry-after']).toBe('10');
    expect(performance.now() - begun).toBeLessThan(7_000);
    expect((await slow.api.get('/health/live')).status).toBe(200);
  });

  it('is told to the app when it goes away in the middle, and is used again once it is back', async () => {
    let shaky = await OidcProvider.start();
    const { port: shakyPort } = shaky;
    const app = await startApp({
      databaseUrl: cluster.a.databaseUrl,
      env: { OAUTH_PROVIDERS: JSON.stringify([shaky.entry('shaky')]) },
    });
    const browser = new Browser(app.api);
    const back = await browser.visit(await browser.start('shaky'));
    await shaky.stop();
    expect(browser.returned(await browser.open(back)).error).toBe('oauth_provider_unavailable');
    shaky = await OidcProvider.start(shakyPort);
    expect((await new Browser(app.api).go('shaky')).error).not.toBe('oauth_provider_unavailable');
    await app.close();
    await shaky.stop();
  });
});
