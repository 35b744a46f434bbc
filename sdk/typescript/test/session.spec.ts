import {
  Gatehouse,
  type GatehouseOptions,
  isProblem,
  MemoryTokenStore,
  NetworkError,
  type SignedOutReason,
  SignedOutError,
  type Tokens,
} from '@gatehouse/client';
import { startApp, type TestApp } from '../../../test/support/app.js';
import { PASSWORD } from '../../../test/support/factory.js';
import { claimsOf, refresh, type SignedIn, signIn } from '../../../test/support/tokens.js';
import { problem, scriptedServer, tokenPair } from './scripted-server.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const HOUR = 3_600_000;

/** Tokens whose access token is about to end, as far as the client knows. */
const ending = ({ access, refresh: refreshToken }: SignedIn): Tokens => ({
  accessToken: access,
  refreshToken,
  refreshAt: 0,
  expiresAt: Date.now() + HOUR,
});

async function signedIn(options: Partial<GatehouseOptions> = {}, changes: Partial<Tokens> = {}) {
  const user = await service.factory.user({ signIn: false });
  const session = await signIn(service.api, user.email);
  const store = new MemoryTokenStore({ ...ending(session), ...changes });
  const reasons: SignedOutReason[] = [];
  const { fetch: send = fetch } = options;
  const refreshes: string[] = [];
  const counting: typeof fetch = (input, init) => {
    if (isRefresh(input)) refreshes.push((input as Request).url);
    return send(input, init);
  };
  const client = (): Gatehouse =>
    new Gatehouse({
      baseUrl: service.api.base,
      store,
      onSignedOut: (reason) => reasons.push(reason),
      ...options,
      fetch: counting,
    });
  return { gatehouse: client(), client, store, user, session, reasons, refreshes };
}

const isRefresh = (input: Parameters<typeof fetch>[0]): boolean =>
  (input as Request).url.endsWith('/auth/refresh');

/** How many refresh tokens a session has had: one of the sign-in and one of each refresh. */
async function refreshTokens(sessionId: number): Promise<number> {
  const rows = await service.sql('SELECT id FROM refresh_token WHERE session_id = $1', [sessionId]);
  return rows.length;
}

describe('the session', () => {
  it('begins with login and ends with logout', async () => {
    const user = await service.factory.user({ signIn: false });
    const reasons: SignedOutReason[] = [];
    const gatehouse = new Gatehouse({
      baseUrl: service.api.base,
      onSignedOut: (reason) => reasons.push(reason),
    });
    await expect(gatehouse.getMe()).rejects.toThrow(SignedOutError);

    await gatehouse.login({ body: { username: user.email, password: PASSWORD } });
    const { data: me } = await gatehouse.getMe();
    expect(me).toMatchObject({ id: user.id, email: user.email });

    const kept = await gatehouse.session.tokens();
    await gatehouse.logout();
    expect(await gatehouse.session.tokens()).toBeNull();
    await expect(gatehouse.getMe()).rejects.toThrow(SignedOutError);
    expect(reasons).toEqual(['logout']);
    expect((await refresh(service.api, kept?.refreshToken ?? '')).status).toBe(401);
  });

  it('is kept when a sign-in fails', async () => {
    const { gatehouse, user } = await signedIn({}, { refreshAt: Infinity });
    const failing = gatehouse.login({ body: { username: user.email, password: 'wrong' } });
    await expect(failing).rejects.toMatchObject({ code: 'invalid_credentials', status: 401 });
    expect((await gatehouse.getMe()).data.id).toBe(user.id);
  });

  it('renews an access token before it ends, once for all callers', async () => {
    const { gatehouse, store, user, session, refreshes } = await signedIn();
    const answers = await Promise.all(Array.from({ length: 50 }, () => gatehouse.getMe()));
    expect(new Set(answers.map(({ data }) => data.id))).toEqual(new Set([user.id]));
    expect(refreshes).toHaveLength(1);
    expect(await refreshTokens(session.sessionId)).toBe(2);
    const kept = store.read();
    expect(kept?.refreshToken).not.toBe(session.refresh);
    expect(claimsOf(kept?.accessToken ?? '').sid).toBe(String(session.sessionId));
    // Half a minute before 15 minutes are over.
    expect((kept?.refreshAt ?? 0) - Date.now()).toBeGreaterThan(14 * 60_000);
    expect((kept?.expiresAt ?? 0) - (kept?.refreshAt ?? 0)).toBe(30_000);
  });

  it('renews an access token that is refused, once for all callers', async () => {
    const { gatehouse, refreshes } = await signedIn({}, { accessToken: 'a.b.c', refreshAt: Infinity });
    await Promise.all(Array.from({ length: 20 }, () => gatehouse.getMe()));
    expect(refreshes).toHaveLength(1);
  });

  it('sends the body again after a refresh', async () => {
    const { gatehouse } = await signedIn({}, { accessToken: 'a.b.c', refreshAt: Infinity });
    const { data } = await gatehouse.updateMe({ body: { firstName: 'Grace' } });
    expect(data.firstName).toBe('Grace');
  });

  it('is shared by clients with one store', async () => {
    const { gatehouse, client, refreshes } = await signedIn();
    const other = client();
    await Promise.all([gatehouse.getMe(), other.getMe(), gatehouse.getMe(), other.getMe()]);
    expect(refreshes).toHaveLength(1);
  });

  it('ends when the refresh token has been used by somebody else, and says so once', async () => {
    const { gatehouse, store, session, reasons } = await signedIn();
    const thief = await refresh(service.api, session.refresh);
    await refresh(service.api, thief.body.refresh_token);

    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => gatehouse.getMe()));
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'SignedOutError' } });
    expect(store.read()).toBeNull();
    expect(reasons).toEqual(['ended']);
    await expect(gatehouse.getMe()).rejects.toThrow('Nobody is signed in');
    // Whoever has the other token is out as well.
    expect((await service.api.get('/users/me', { token: thief.body.access_token })).status).toBe(401);
  });

  it('ends when the service has ended it', async () => {
    const { gatehouse, store, session, reasons } = await signedIn({}, { refreshAt: Infinity });
    await service.api.post('/auth/logout', { token: session.access });
    await expect(gatehouse.getMe()).rejects.toThrow(SignedOutError);
    expect(store.read()).toBeNull();
    expect(reasons).toEqual(['ended']);
  });

  it('hears when another one has emptied the store', async () => {
    const { gatehouse, store, reasons } = await signedIn({}, { refreshAt: Infinity });
    await gatehouse.getMe();
    store.write(null);
    await expect(gatehouse.getMe()).rejects.toThrow(SignedOutError);
    expect(reasons).toEqual(['elsewhere']);
  });

  it('of one user sends nothing for another who has signed in meanwhile, and hears of it', async () => {
    const [ada, other] = [await service.factory.user({ signIn: false }), await service.factory.user()];
    let isOther = false;
    const { gatehouse, client, store, reasons } = await signedIn({
      fetch: async (input, init) => {
        if (!isOther && (input as Request).method === 'PATCH') {
          isOther = true;
          await client().login({ body: { username: other.email, password: PASSWORD } });
        }
        return fetch(input, init);
      },
    });
    await gatehouse.login({ body: { username: ada.email, password: PASSWORD } });
    const kept = store.read();
    if (kept) store.write({ ...kept, accessToken: 'a.b.c' });
    const changing = gatehouse.updateMe({ body: { firstName: 'Grace' } });
    await expect(changing).rejects.toThrow(SignedOutError);
    expect(reasons).toEqual(['elsewhere']);
    expect((await gatehouse.getMe()).data).toMatchObject({ id: other.id, firstName: 'Test' });
    expect(reasons).toEqual(['elsewhere']);
  });

  it('is told of nobody when the same client signs in as somebody else', async () => {
    const { gatehouse, user, reasons } = await signedIn({}, { refreshAt: Infinity });
    await gatehouse.getMe();
    const other = await service.factory.user({ signIn: false });
    await Promise.all([
      gatehouse.login({ body: { username: other.email, password: PASSWORD } }),
      gatehouse.getMe(),
    ]);
    expect((await gatehouse.getMe()).data.id).toBe(other.id);
    await gatehouse.login({ body: { username: user.email, password: PASSWORD } });
    expect((await gatehouse.getMe()).data.id).toBe(user.id);
    expect(reasons).toEqual([]);
  });

  it.each(['', 'x'.repeat(300)])('ends when what is kept is no refresh token: %j', async (refreshToken) => {
    const { gatehouse, store, reasons } = await signedIn({}, { refreshToken });
    await expect(gatehouse.getMe()).rejects.toThrow(SignedOutError);
    expect([store.read(), reasons]).toEqual([null, ['ended']]);
  });

  it('survives an answer to a refresh that a proxy has lost', async () => {
    let lost = 0;
    const { gatehouse, session } = await signedIn(
      {
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          if (!isRefresh(input) || lost > 0) return response;
          lost += 1;
          return new Response('<h1>Bad gateway</h1>', {
            status: 502,
            headers: { 'content-type': 'text/html' },
          });
        },
      },
      { expiresAt: 0 },
    );
    await gatehouse.getMe();
    expect(lost).toBe(1);
    expect(await refreshTokens(session.sessionId)).toBe(2);
  });

  it('survives a lost answer to a refresh', async () => {
    let lost = 0;
    const { gatehouse, session } = await signedIn({
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (!isRefresh(input) || lost > 0) return response;
        lost += 1;
        throw new TypeError('fetch failed');
      },
    });
    await gatehouse.getMe();
    expect(lost).toBe(1);
    expect(await refreshTokens(session.sessionId)).toBe(2);
  });

  it('outlives a time without network', async () => {
    let isAway = true;
    const { gatehouse, store, session } = await signedIn(
      {
        retry: { tries: 1 },
        fetch: (input, init) => (isAway ? Promise.reject(new TypeError('fetch failed')) : fetch(input, init)),
      },
      { expiresAt: 0 },
    );
    await expect(gatehouse.getMe()).rejects.toThrow(NetworkError);
    expect(store.read()?.refreshToken).toBe(session.refresh);
    isAway = false;
    expect((await gatehouse.getMe()).data.id).toBeGreaterThan(0);
  });

  it('goes on with an access token that is still good when no other can be had now', async () => {
    const { gatehouse, session } = await signedIn({
      fetch: (input, init) =>
        isRefresh(input) ? Promise.reject(new TypeError('fetch failed')) : fetch(input, init),
    });
    expect((await gatehouse.getMe()).data.id).toBeGreaterThan(0);
    expect(await refreshTokens(session.sessionId)).toBe(1);
  });

  it('lets one caller go without stopping the refresh of the others', async () => {
    const aborting = new AbortController();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const { gatehouse, refreshes } = await signedIn({
      fetch: async (input, init) => {
        if (isRefresh(input)) {
          aborting.abort();
          await held;
        }
        return fetch(input, init);
      },
    });
    const gone = gatehouse.getMe({ signal: aborting.signal });
    const other = gatehouse.getMe();
    await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
    goOn();
    expect((await other).data.id).toBeGreaterThan(0);
    expect(refreshes).toHaveLength(1);
  });

  it('uses a token that was handed over as it is', async () => {
    const user = await service.factory.user();
    const gatehouse = new Gatehouse({ baseUrl: service.api.base, accessToken: user.token });
    expect((await gatehouse.getMe()).data.id).toBe(user.id);

    const refused = new Gatehouse({ baseUrl: service.api.base, accessToken: 'a.b.c' });
    await expect(refused.getMe()).rejects.toMatchObject({ code: 'invalid_access_token' });
  });

  it('needs none for public operations', async () => {
    const gatehouse = new Gatehouse({ baseUrl: service.api.base });
    expect((await gatehouse.getRoot()).data.status).toBe('ok');
  });
});

describe('a service that refuses every token', () => {
  it('is asked twice and for one refresh, not for ever', async () => {
    const server = await scriptedServer(({ name }, count) =>
      name.endsWith('/auth/refresh')
        ? { body: tokenPair(String(count)) }
        : {
            ...problem(401, 'invalid_access_token'),
            headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
          },
    );
    const store = new MemoryTokenStore({
      accessToken: 'a',
      refreshToken: 'r',
      refreshAt: Infinity,
      expiresAt: Infinity,
    });
    const gatehouse = new Gatehouse({ baseUrl: server.url, store });
    const error: unknown = await gatehouse.getMe().catch((reason: unknown) => reason);
    await server.close();
    expect(isProblem(error, 'invalid_access_token')).toBe(true);
    expect(server.seen.map(({ name }) => name)).toEqual([
      'GET /api/v1/users/me',
      'POST /api/v1/auth/refresh',
      'GET /api/v1/users/me',
    ]);
  });
});
