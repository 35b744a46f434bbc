import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type { ApiRequest } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { sendRaw } from '../support/raw-http.js';

/** What is not counted: probes, which cost nothing, and what services ask for everybody. */
const UNCOUNTED = [
  '/.well-known/jwks.json',
  '/.well-known/oauth-authorization-server',
  '/api/v1/auth/validate',
  '/api/v1/health',
  '/api/v1/health/live',
  '/api/v1/health/ready',
  '/api/v1/health/startup',
];

const routes: RouteOptions[] = [];
let service: TestApp;
beforeAll(async () => {
  const create = NestFactory.create.bind(NestFactory) as (
    ...args: unknown[]
  ) => Promise<NestFastifyApplication>;
  const spy = jest.spyOn(NestFactory, 'create').mockImplementation(async (...args: unknown[]) => {
    const app = await create(...args);
    collectRoutes(app);
    return app as never;
  });
  service = await startApp({ env: { RATE_LIMIT: '2' } });
  spy.mockRestore();
});
afterAll(() => service.close());

/** What Fastify knows, whoever told it: Nest, a plug-in, ourselves. */
function collectRoutes(app: NestFastifyApplication): void {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route) => void routes.push(route));
}

const pathOf = (url: string) => `/${url.replaceAll(/:\w+/g, '1').replaceAll('*', 'x')}`;

describe('A7, S104: the limit of all requests', () => {
  it('holds on every route that Fastify knows, with whatever method', async () => {
    expect(routes.length).toBeGreaterThan(80);
    expect(routes.map(({ url }) => url)).toEqual(
      expect.arrayContaining(['/docs', '/docs-json', '/redoc', '/docs/swagger-ui-bundle.js', '/']),
    );
    await service.api.get('//');
    await service.api.get('//');
    const uncounted = new Set<string>();
    for (const { url, method } of routes) {
      for (const one of [method].flat().filter((name) => name !== 'OPTIONS')) {
        const { status } = await service.api.call(one, pathOf(url));
        if (status !== 429) uncounted.add(url);
      }
    }
    expect([...uncounted].toSorted()).toEqual(UNCOUNTED);
  });

  it('holds for what no route takes: address, method, media type, size', async () => {
    const large = { raw: { type: 'application/json', data: JSON.stringify({ a: 'x'.repeat(110_000) }) } };
    const answers = [
      await service.api.get('/nowhere'),
      await service.api.get('//docs/nowhere.js'),
      await service.api.call('DELETE', '/auth/login'),
      await service.api.call('TRACE', '/users/me'),
      await service.api.post('/auth/refresh', { raw: { type: 'text/plain', data: 'x' } }),
      await service.api.post('/auth/login', large),
      await service.api.post('/auth/login', { raw: { type: 'application/json', data: '{' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 429));
    for (const { headers, body } of answers) {
      expect(body).toMatchObject({ code: 'rate_limited' });
      expect(headers).toMatchObject({
        'retry-after': expect.stringMatching(/^\d+$/),
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('is told of every answer below it', async () => {
    const other = await startApp({ databaseUrl: service.databaseUrl, env: { RATE_LIMIT: '100' } });
    const left: string[] = [];
    for (const path of ['//docs', '//docs-json', '/nowhere', '/users/me', '//docs/swagger-ui.css'])
      left.push(String((await other.api.get(path)).headers.ratelimit).replace(/;t=.*/, ''));
    left.push(String((await other.api.call('PUT', '/auth/login')).headers.ratelimit).replace(/;t=.*/, ''));
    await other.close();
    expect(left).toEqual([99, 98, 97, 96, 95, 94].map((count) => `"global";r=${count}`));
  });
});

describe('A7: the documents of the API', () => {
  it('are the same bytes each time, and not sent again to who has them', async () => {
    const other = await startApp({ databaseUrl: service.databaseUrl });
    const paths = ['/docs', '/docs/', '/docs-json', '/docs-yaml', '/docs/swagger-ui.css', '/redoc'];
    for (const path of [...paths, '/docs/swagger-ui-bundle.js', '/redoc/redoc.standalone.js']) {
      const first = await other.api.get(`/${path}`);
      const { etag } = first.headers;
      expect([path, first.status, etag]).toEqual([path, 200, expect.stringMatching(/^"[\w-]{27}"$/)]);
      expect((await other.api.get(`/${path}`)).headers.etag).toBe(etag);
      const again = await other.api.get(`/${path}`, { headers: { 'if-none-match': `"x", ${String(etag)}` } });
      expect([path, again.status, again.text]).toEqual([path, 304, '']);
    }
    await other.close();
  });
});

describe('A22: a request', () => {
  it.each([
    ['of HTTP/0.9', 'GET /api/v1/health/live\r\n\r\n', 505],
    ['that says so', 'GET /api/v1/health/live HTTP/0.9\r\nHost: x\r\n\r\n', 505],
    ['of HTTP/2.0 in the letters of HTTP/1', 'GET /api/v1/health/live HTTP/2.0\r\nHost: x\r\n\r\n', 505],
    ['of a version there is not', 'GET /api/v1/health/live HTTP/1.2\r\nHost: x\r\n\r\n', 400],
    [
      'of HTTP/1.0 with a transfer coding',
      'POST /api/v1/auth/refresh HTTP/1.0\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('%s is refused, and the connection closed', async (_, data, status) => {
    const answer = await sendRaw(service.api.base, data);
    expect([answer.status, answer.closed]).toEqual([status, true]);
    expect(answer.text).toContain('application/problem+json');
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('of HTTP/1.0 is answered, and its connection closed', async () => {
    const answer = await sendRaw(service.api.base, 'GET /api/v1/health/live HTTP/1.0\r\n\r\n');
    expect([answer.status, answer.closed]).toEqual([200, true]);
  });
});

describe('A20: what the HTTP server answers before a route is asked', () => {
  it('is documented for every operation, and of the catalogue', async () => {
    const other = await startApp({ databaseUrl: service.databaseUrl });
    const { api, contract } = other;
    const { token } = await other.factory.superAdmin();
    const large = JSON.stringify({ a: 'x'.repeat(110_000) });
    for (const { method, path } of contract.operations) {
      const target = `/${path.replaceAll(/\{\w+\}/g, '2000000000')}`;
      const ask = (request: ApiRequest) => api.call(method, target, { token, ...request });
      // Every answer is held to the document.
      const statuses = [
        (await ask({ headers: { 'x-filler': 'x'.repeat(20_000) } })).status,
        (await ask({ raw: { type: 'text/plain', data: 'x' } })).status,
      ];
      expect([method, path, statuses]).toEqual([method, path, [431, 415]]);
      if (method === 'GET') continue;
      const { status } = await ask({ raw: { type: 'application/json', data: large } });
      expect([method, path, status]).toEqual([method, path, 413]);
    }
    await other.close();
  });
});
