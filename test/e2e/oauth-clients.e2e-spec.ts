import * as oauth from 'openid-client';
import { startApp, type TestApp } from '../support/app.js';
import type { ApiResponse } from '../support/api.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { claimsOf, login, refresh, signIn, statusOf } from '../support/tokens.js';
import type { Problem } from './shapes.js';

type OAuthProblem = Problem & {
  readonly status: number;
  readonly error?: string;
  readonly error_description?: string;
};

const FORM = 'application/x-www-form-urlencoded';
const ISSUER = 'http://gatehouse.test';
const APP = 'https://app.example.com';

let service: TestApp;
let user: TestUser;
let verifier: TestUser;
beforeAll(async () => {
  service = await startApp({ env: { CORS_ORIGINS: APP } });
  user = await service.factory.user({ signIn: false });
  verifier = await service.factory.userWith('tokens.validate');
});
afterAll(() => service.close());

/** Posts a form, as text where a parameter is sent twice. */
function form<Body = OAuthProblem>(
  path: string,
  fields: Readonly<Record<string, string>> | string,
  options: { token?: string; headers?: Record<string, string> } = {},
): Promise<ApiResponse<Body>> {
  const data = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
  return service.api.post<Body>(path, { raw: { type: FORM, data }, ...options });
}

describe('a client made for OAuth 2 (openid-client)', () => {
  /** It knows the service by its public address, which here is another than the one it listens on. */
  const toService: oauth.CustomFetch = (url, options) =>
    fetch(url.replace(ISSUER, service.api.base), options as RequestInit);

  function discover(clientId: string, auth: oauth.ClientAuth = oauth.None()): Promise<oauth.Configuration> {
    return oauth.discovery(new URL(ISSUER), clientId, undefined, auth, {
      algorithm: 'oauth2',
      execute: [oauth.allowInsecureRequests],
      [oauth.customFetch]: toService,
    });
  }

  /** A service that asks: RFC 7662 section 2.1 has it send a bearer token of its own. */
  const asBearer =
    (token: string): oauth.ClientAuth =>
    (_server, _client, _body, headers) =>
      headers.set('authorization', `Bearer ${token}`);

  const signInBy = (config: oauth.Configuration, password = PASSWORD) =>
    oauth.genericGrantRequest(config, 'password', { username: user.email, password });

  it('F16: discovers, signs in, refreshes, introspects and revokes', async () => {
    const config = await discover('gatehouse');
    const tokens = await signInBy(config);
    expect(await statusOf(service.api, tokens.access_token)).toBe(200);

    const next = await oauth.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(claimsOf(next.access_token)).toMatchObject({ sub: String(user.id), client_id: 'gatehouse' });

    const asker = await discover('gatehouse', asBearer(verifier.token));
    expect(await oauth.tokenIntrospection(asker, next.access_token)).toMatchObject({
      active: true,
      sub: String(user.id),
      client_id: 'gatehouse',
    });
    expect(await oauth.tokenIntrospection(asker, 'nothing')).toEqual({ active: false });

    await oauth.tokenRevocation(config, next.refresh_token ?? '', { token_type_hint: 'refresh_token' });
    expect(await statusOf(service.api, next.access_token)).toBe(401);
    await expect(oauth.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
      status: 400,
    });
  });

  it('F16: revokes as somebody signed in, who owns the token', async () => {
    const mine = await signIn(service.api, user.email);
    const config = await discover('gatehouse', asBearer(mine.access));
    await oauth.tokenRevocation(config, mine.refresh);
    expect(await statusOf(service.api, mine.access)).toBe(401);
  });

  it('F16: is told in its own words what is wrong', async () => {
    const config = await discover('gatehouse');
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => 'nothing',
        (error: { error?: string }) => error.error,
      );
    expect(await code(signInBy(config, 'wrong'))).toBe('invalid_grant');
    expect(await code(oauth.refreshTokenGrant(config, 'nothing'))).toBe('invalid_grant');
    expect(await code(oauth.genericGrantRequest(config, 'client_credentials', {}))).toBe(
      'unsupported_grant_type',
    );
    expect(await code(oauth.genericGrantRequest(config, 'password', { username: user.email }))).toBe(
      'invalid_request',
    );
    expect(await code(signInBy(await discover('another')))).toBe('invalid_client');
  });

  it('F16: finds nothing in the metadata that does not work, and no OpenID provider', async () => {
    const { body } = await service.api.get('//.well-known/oauth-authorization-server');
    expect(body).toEqual({
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/api/v1/auth/login`,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      introspection_endpoint: `${ISSUER}/api/v1/auth/validate`,
      revocation_endpoint: `${ISSUER}/api/v1/auth/revoke`,
      grant_types_supported: ['password', 'refresh_token'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint_auth_methods_supported: ['Bearer'],
      revocation_endpoint_auth_methods_supported: ['none', 'Bearer'],
    });
    expect((await service.api.get('//.well-known/openid-configuration')).status).toBe(404);
  });
});

describe('a form', () => {
  it('F16: does at each endpoint what JSON does', async () => {
    const { body: tokens } = await form<Record<string, string>>('/auth/login', {
      grant_type: 'password',
      username: user.email,
      password: PASSWORD,
    });
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
    const next = await form<Record<string, string>>('/auth/refresh', fields);
    expect(next.status).toBe(200);
    const validated = await form('/auth/validate', { token: next.body.access_token ?? '' }, verifier);
    expect(validated.body).toMatchObject({ active: true });
    const revoked = await form(
      '/auth/revoke',
      { token: next.body.refresh_token ?? '' },
      { token: next.body.access_token ?? '' },
    );
    expect([revoked.status, revoked.text]).toEqual([200, '']);
    expect(await statusOf(service.api, next.body.access_token ?? '')).toBe(401);
  });

  it('F16: may have parameters nobody knows, and some without a value (RFC 6749 section 3.2)', async () => {
    const fields = { username: user.email, password: PASSWORD, resource: 'x', scope: '', client_id: '' };
    expect((await form('/auth/login', fields)).status).toBe(200);
    const token = { token: 'nothing', token_type_hint: 'pub_token', extra: '1' };
    expect((await form('/auth/validate', token, verifier)).body).toEqual({ active: false });
  });

  it.each([
    ['/auth/login', 'username=a%40example.com&password=x&password=y', 'password'],
    ['/auth/login', 'username=a%40example.com&password=x&extra=1&extra=2', 'extra'],
    ['/auth/refresh', 'refresh_token=x&refresh_token=x', 'refresh_token'],
    ['/auth/revoke', 'token=x&token=y&client_id=gatehouse', 'token'],
  ])('F16: to %s has no parameter twice: %s', async (path, data, field) => {
    const { status, body } = await form(path, data);
    expect([status, body.code, body.error, body.errors]).toEqual([
      400,
      'validation_failed',
      'invalid_request',
      [{ field, rule: 'isSentOnce', message: `${field} must be sent once` }],
    ]);
  });

  it('S89: is taken from no page of another origin: it would need no preflight', async () => {
    const fields = { username: user.email, password: PASSWORD };
    for (const origin of ['https://evil.example', 'null', `${APP}.evil.example`, 'http://app.example.com']) {
      const refused = await form('/auth/login', fields, { headers: { origin } });
      expect([origin, refused.status, refused.body.code, refused.headers['set-cookie']]).toEqual([
        origin,
        403,
        'cross_site_request',
        undefined,
      ]);
    }
    for (const origin of [APP, ISSUER]) {
      expect((await form('/auth/login', fields, { headers: { origin } })).status).toBe(200);
    }
    for (const path of ['/auth/refresh', '/auth/revoke', '/auth/validate']) {
      const headers = { origin: 'https://evil.example' };
      const answer = await form(path, { token: 'x' }, { token: verifier.token, headers });
      expect([path, answer.status, answer.body.error]).toEqual([path, 403, 'access_denied']);
    }
  });
});

describe('an error of an OAuth endpoint', () => {
  it('F16: has error and error_description beside the problem', async () => {
    const { body } = await login(service.api, user.email, 'wrong');
    expect(body).toMatchObject({
      code: 'invalid_credentials',
      error: 'invalid_grant',
      error_description: expect.stringMatching(/^The username or the password is wrong/) as string,
    });
    const answers: Readonly<Record<string, ApiResponse<OAuthProblem>>> = {
      'no token': await service.api.post('/auth/validate', { body: { token: 'x' } }),
      'a bad token': await service.api.post('/auth/validate', { token: 'x', body: { token: 'x' } }),
      'no privilege': await service.api.post('/auth/validate', {
        token: (await service.factory.user()).token,
        body: { token: 'x' },
      }),
      'no JSON': await service.api.post('/auth/refresh', { raw: { type: 'application/json', data: '{' } }),
      'another type': await service.api.post('/auth/refresh', { raw: { type: 'text/plain', data: 'x' } }),
      nobody: await service.api.post('/auth/revoke', { body: { token: 'x' } }),
    };
    const seen = Object.entries(answers).map(([name, { status, body: problem }]) => [
      name,
      status,
      problem.code,
      problem.error,
    ]);
    expect(seen).toEqual([
      ['no token', 401, 'authentication_required', 'invalid_token'],
      ['a bad token', 401, 'invalid_access_token', 'invalid_token'],
      ['no privilege', 403, 'privilege_required', 'access_denied'],
      ['no JSON', 400, 'malformed_request', 'invalid_request'],
      ['another type', 415, 'unsupported_media_type', 'invalid_request'],
      ['nobody', 401, 'authentication_required', 'invalid_token'],
    ]);
    // The characters of RFC 6749 section 5.2.
    for (const { body: problem } of Object.values(answers)) {
      expect(problem.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    }
    expect((await service.api.get<OAuthProblem>('/users/me')).body.error).toBeUndefined();
  });

  it('F16: has the status of RFC 6749 for a form, and that of the API for JSON', async () => {
    const wrong = { username: user.email, password: 'wrong' };
    const asForm = await form('/auth/login', wrong);
    expect([asForm.status, asForm.body.status, asForm.headers['www-authenticate']]).toEqual([
      400,
      400,
      undefined,
    ]);
    expect((await login(service.api, user.email, 'wrong')).status).toBe(401);
    expect((await form('/auth/refresh', { refresh_token: 'x' })).status).toBe(400);
    expect((await refresh(service.api, 'x')).status).toBe(401);
    // Who asks is not the grant: RFC 6750 section 3.1.
    expect((await form('/auth/validate', { token: 'x' })).status).toBe(401);
  });
});

describe('revocation by the client alone', () => {
  it('S41: takes the token for proof, and tells nothing of others', async () => {
    const { access, refresh: refreshToken } = await signIn(service.api, user.email);
    for (const token of ['unknown', `rt_${'A'.repeat(43)}`, refreshToken, refreshToken]) {
      const answer = await form('/auth/revoke', { token, client_id: 'gatehouse' });
      expect([answer.status, answer.text]).toEqual([200, '']);
    }
    expect(await statusOf(service.api, access)).toBe(401);
    const [entry] = await service.sql<{ action: string; actor_id: number }>(
      `SELECT action, actor_id FROM audit_log ORDER BY id DESC LIMIT 1`,
    );
    expect(entry).toMatchObject({ actor_id: user.id });
  });

  it('S41: is for nobody who names no client, nor for whoever sends a bad access token along', async () => {
    const { access } = await signIn(service.api, user.email);
    expect((await form('/auth/revoke', { token: access })).status).toBe(401);
    const fields = { token: access, client_id: 'gatehouse' };
    expect((await form('/auth/revoke', fields, { token: 'bad' })).status).toBe(401);
    expect((await form('/auth/revoke', { ...fields, client_id: 'other' })).status).toBe(400);
    const stranger = await service.factory.user();
    expect((await form('/auth/revoke', fields, { token: stranger.token })).status).toBe(200);
    expect(await statusOf(service.api, access)).toBe(200);
  });
});

describe('the token endpoint', () => {
  it('S18: counts sign-ins by account, and no refreshes', async () => {
    const limited = await startApp({ databaseUrl: service.databaseUrl, env: { LOGIN_RATE_LIMIT: '3' } });
    try {
      const other = await limited.factory.user({ signIn: false });
      const tokens = await signIn(limited.api, other.email);
      let next = tokens.refresh;
      for (let count = 0; count < 5; count += 1) {
        const body = { grant_type: 'refresh_token', refresh_token: next };
        const answer = await limited.api.post<{ refresh_token: string }>('/auth/login', { body });
        expect(answer.status).toBe(200);
        next = answer.body.refresh_token;
      }
      const statuses: number[] = [];
      for (let count = 0; count < 3; count += 1) {
        statuses.push((await login(limited.api, other.email, 'wrong')).status);
      }
      expect(statuses).toEqual([401, 401, 429]);
    } finally {
      await limited.close();
    }
  });
});
