import type { ApiRequest, ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';
import { login, signIn, statusOf } from '../support/tokens.js';

const APP = 'https://app.example.com';
const NATIVE = 'https://other.example';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({
    env: { CORS_ORIGINS: `${APP},${NATIVE}`, DEVICE_COOKIE_SAME_SITE: 'none', LOCKOUT_LIMIT: '3' },
  });
});
afterAll(() => service.close());

/** What a browser would let a page of `origin` read of an answer to `credentials: 'include'`. */
function isReadable({ headers }: ApiResponse, origin: string): boolean {
  return (
    headers['access-control-allow-origin'] === origin &&
    headers['access-control-allow-credentials'] === 'true'
  );
}

function preflight(path: string, origin: string, headers: string): Promise<ApiResponse> {
  return service.api.call('OPTIONS', path, {
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': headers,
    },
  });
}

describe('pages of other origins', () => {
  it('F19, S90: that are listed sign in and refresh with credentials included', async () => {
    const user = await service.factory.user({ signIn: false });
    const wanted = 'authorization,content-type,if-match,traceparent,tracestate';
    const allowed = await preflight('/auth/login', APP, wanted);
    expect([allowed.status, isReadable(allowed, APP)]).toEqual([204, true]);
    const names = String(allowed.headers['access-control-allow-headers']).split(', ');
    expect(names).toEqual(expect.arrayContaining(wanted.split(',')));

    const signedIn = await login(service.api, user.email, undefined, { origin: APP });
    expect([signedIn.status, isReadable(signedIn as never, APP)]).toEqual([200, true]);
    const cookie = String(signedIn.headers['set-cookie']);
    expect(cookie).toMatch(/^__Host-gatehouse-device=[^;]+; .*HttpOnly; Secure; Partitioned; SameSite=None$/);
    const refreshed = await service.api.post('/auth/refresh', {
      body: { refresh_token: signedIn.body.refresh_token },
      headers: { origin: APP, cookie: cookie.split(';', 1)[0] ?? '' },
    });
    expect([refreshed.status, isReadable(refreshed, APP)]).toEqual([200, true]);
    const exposed = String(refreshed.headers['access-control-expose-headers']).split(', ');
    expect(exposed).toEqual(expect.arrayContaining(['etag', 'location', 'retry-after', 'x-request-id']));
  });

  it('F19, S16: are the known device of whoever has signed in there, though strangers have paused the account', async () => {
    const user = await service.factory.user({ signIn: false });
    const { cookie } = await signIn(service.api, user.email);
    for (let count = 0; count < 4; count += 1) await login(service.api, user.email, 'wrong');
    expect((await login(service.api, user.email)).status).toBe(401);
    const known = await login(service.api, user.email, undefined, { origin: APP, cookie });
    expect(known.status).toBe(200);
  });

  it('S90: get no credentials when they are not listed, or when they ask for a page', async () => {
    for (const origin of ['https://evil.example', 'null', `${APP}.evil.example`, 'http://app.example.com']) {
      for (const answer of [
        await preflight('/auth/login', origin, 'content-type'),
        await service.api.get('/health/live', { headers: { origin } }),
      ]) {
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
        expect(answer.headers.vary).toMatch(/origin/i);
      }
    }
    for (const path of ['//recovery', '//docs', '//']) {
      const page = await service.api.get(path, { headers: { origin: APP } });
      expect([path, page.headers['access-control-allow-credentials']]).toEqual([path, undefined]);
    }
  });

  it('S88, S89: cannot act by what a browser sends along: no cookie signs anybody in', async () => {
    const user = await service.factory.user({ signIn: false });
    const { cookie, access } = await signIn(service.api, user.email);
    for (const { method, path, security } of service.contract.operations) {
      if (security.length === 0) continue;
      const target = `/${path.replaceAll(/\{\w+\}/g, '1')}`;
      const { status } = await service.api.call(method, target, { headers: { cookie, origin: APP } });
      expect([method, path, [400, 401, 415].includes(status)]).toEqual([method, path, true]);
    }
    expect(await statusOf(service.api, access)).toBe(200);
  });
});

it.each([
  '__proto__=1; constructor=2',
  '; =; ;;',
  '__Host-gatehouse-device=%',
  '__Host-gatehouse-device="quoted"; __Host-gatehouse-device=%E0%A4%A',
  `__Host-gatehouse-device=${'x'.repeat(6_000)}`,
])('S16, S80: a cookie that is none of ours is no device, and stands in nobody’s way: %j', async (cookie) => {
  const user = await service.factory.user({ signIn: false });
  expect((await login(service.api, user.email, PASSWORD, { cookie })).status).toBe(200);
  for (let attempt = 0; attempt < 3; attempt += 1)
    await login(service.api, user.email, 'wrong password here');
  expect((await login(service.api, user.email, PASSWORD, { cookie })).status).toBe(401);
});

it('F17: pages of every origin read the key set and the metadata, without credentials', async () => {
  for (const path of ['//.well-known/jwks.json', '//.well-known/oauth-authorization-server']) {
    for (const origin of [APP, 'https://anybody.example', undefined]) {
      const { status, headers } = await service.api.get(path, { headers: origin ? { origin } : {} });
      expect([status, headers['access-control-allow-origin']]).toEqual([200, '*']);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['cache-control']).toBe('public, max-age=300');
    }
  }
});

it('F17: reading the key set counts against nobody’s limit', async () => {
  const limited = await startApp({ databaseUrl: service.databaseUrl, env: { RATE_LIMIT: '2' } });
  try {
    for (let count = 0; count < 6; count += 1) {
      const { status, headers } = await limited.api.get('//.well-known/jwks.json');
      expect([status, headers.ratelimit]).toEqual([200, undefined]);
    }
    expect((await limited.api.get('/users/me')).status).toBe(401);
  } finally {
    await limited.close();
  }
});

describe('what browsers keep', () => {
  /** Public, and the same for everybody. */
  const CACHEABLE = ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server'];

  it('A16, S90: is no answer to anybody signed in, good or bad, of any route', async () => {
    const admin = await service.factory.superAdmin();
    const kept: string[] = [];
    for (const { method, path, requestBody, security } of service.contract.operations) {
      if (path.endsWith('/logout') || path.endsWith('/logout-all') || path.endsWith('/password/change'))
        continue;
      const target = `/${path.replaceAll(/\{\w+\}/g, '2000000000')}`;
      const example = requestBody?.content['application/json']?.example;
      const requests: ApiRequest[] = [
        { token: admin.token, ...(example !== undefined && { body: example }) },
      ];
      if (security.length > 0) requests.push({}, { token: 'bad' });
      for (const request of requests) {
        // Asked with If-None-Match as well, for 304.
        if (method === 'DELETE' && path.endsWith('/me')) continue;
        const { status, headers } = await service.api.call(method, target, request);
        if (headers['cache-control'] !== 'no-store') kept.push(`${method} ${path} ${status}`);
      }
    }
    expect(kept).toEqual(CACHEABLE.map((path) => `GET ${path} 200`));
    const { headers } = await service.api.get(`/users/${admin.id}`, { token: admin.token });
    const known = { 'if-none-match': String(headers.etag) };
    const unchanged = await service.api.get(`/users/${admin.id}`, { token: admin.token, headers: known });
    expect([unchanged.status, unchanged.headers['cache-control']]).toEqual([304, 'no-store']);
  }, 30_000);

  it.each(['/auth/logout', '/auth/logout-all'])(
    'A16, S90: is cleared by %s, but for the cookie of the known device',
    async (path) => {
      const { token } = await service.factory.user();
      const { status, headers } = await service.api.post(path, { token });
      expect([status, headers['clear-site-data']]).toEqual([204, '"cache", "storage"']);
      expect((await service.api.post(path, { token })).headers['clear-site-data']).toBeUndefined();
    },
  );
});
