import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';

let service: TestApp;
let good: ApiResponse;
let refused: ApiResponse;
beforeAll(async () => {
  service = await startApp();
  const { token } = await service.factory.userWith('users.read');
  good = await service.api.get('/users?limit=1', { token });
  refused = await service.api.get('/users');
});
afterAll(() => service.close());

describe('the check of every answer that the tests see', () => {
  const check = (response: ApiResponse, path = '/api/v1/users', method = 'GET') =>
    service.contract.check(method, path, response);
  const withBody = (response: ApiResponse, change: object): ApiResponse => {
    const body = { ...response.body, ...change };
    return { ...response, body, text: JSON.stringify(body) };
  };
  const withHeaders = (response: ApiResponse, change: object): ApiResponse => ({
    ...response,
    headers: { ...response.headers, ...change },
  });

  it('accepts what the service answers', () => {
    expect(() => check(good)).not.toThrow();
    expect(() => check(refused)).not.toThrow();
  });

  it('runs by itself', async () => {
    service.api.onResponse((method, path, response) =>
      service.contract.check(method, path, withBody(response, { extra: 1 })),
    );
    try {
      await expect(service.api.get('//')).rejects.toThrow('unevaluated properties');
    } finally {
      service.api.onResponse((method, path, response) => service.contract.check(method, path, response));
    }
    await expect(service.api.get('//')).resolves.toMatchObject({ status: 200 });
  });

  it.each([
    ['a status that is not documented', () => ({ ...good, status: 206 }), 'does not document 206'],
    ['a member that is not documented', () => withBody(good, { passwordHash: 'x' }), 'passwordHash'],
    ['a member of another type', () => withBody(good, { nextCursor: 5 }), '/nextCursor'],
    ['a member that is missing', () => withBody(good, { items: undefined }), 'items'],
    ['another media type', () => withHeaders(good, { 'content-type': 'text/html' }), 'not as "text/html"'],
    ['no request id', () => withHeaders(good, { 'x-request-id': undefined }), 'X-Request-Id'],
    ['the software', () => withHeaders(good, { 'x-powered-by': 'x' }), 'x-powered-by'],
    ['an internal error', () => ({ ...good, status: 500 }), '500 is never right'],
    ['an error as plain JSON', () => withHeaders(refused, { 'content-type': 'application/json' }), 'json'],
    ['an error without a code', () => withBody(refused, { code: undefined }), 'code'],
    ['an error of another status', () => withBody(refused, { status: 403 }), 'says status 403'],
    ['an error of another request', () => withBody(refused, { requestId: 'x' }), 'requestId'],
    ['no challenge', () => withHeaders(refused, { 'www-authenticate': undefined }), 'WWW-Authenticate'],
    ['an error that may be cached', () => withHeaders(refused, { 'cache-control': undefined }), 'cached'],
    ['a hash', () => ({ ...good, text: `{"x":"$2b$04$abc"}` }), 'bcrypt'],
    ['a password scheme', () => ({ ...good, text: '{"x":"{hmac-sha256}"}' }), 'scheme'],
    ['a stack trace', () => ({ ...good, text: 'Error\n    at handler (file.ts:1:2)' }), 'stack trace'],
    ['SQL', () => ({ ...good, text: 'INSERT INTO "user"' }), 'SQL'],
  ] as [string, () => ApiResponse, string][])('finds %s', (_, make, fault) => {
    expect(() => check(make())).toThrow(fault);
  });

  it('finds an error of an address that has no operation, too', () => {
    const html = { ...refused, status: 404, text: '<h1>Not found</h1>', body: {} };
    expect(() => check(withHeaders(html, { 'content-type': 'text/html' }), '/nothing')).toThrow('text/html');
    expect(() => check({ ...refused, status: 503 }, '/nothing')).toThrow('Retry-After');
  });

  it('takes the operation with the fixed path before the one with a parameter', async () => {
    const { token } = await service.factory.user();
    const me = await service.api.get('/users/me', { token });
    expect(() => check(me, '/api/v1/users/me')).not.toThrow();
    expect(() => check({ ...me, status: 403 }, '/api/v1/users/me')).toThrow('getMe does not document 403');
  });
});
