import { startApp, type TestApp } from '../support/app.js';
import { tally } from '../support/cluster.js';
import { sendRaw } from '../support/raw-http.js';
import { statusOf } from '../support/tokens.js';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

let service: TestApp;
let token: string;
let paths: OpenApi['paths'];
beforeAll(async () => {
  service = await startApp();
  token = (await service.factory.superAdmin()).token;
  paths = (await service.api.get<OpenApi>('//docs-json')).body.paths;
});
afterAll(() => service.close());
// Whatever was sent, the service still answers, and no object has been touched.
afterEach(async () => {
  const status = await statusOf(service.api, token);
  if (status !== 200) throw new Error(`The service answers ${status} to a good request`);
  if ('polluted' in {}) throw new Error('A prototype was changed');
});

const json = (data: string) => ({ raw: { type: 'application/json', data } });
/** What OAuth 2 clients send forms to. */
const FORM_ROUTES = new Set(['login', 'refresh', 'validate', 'revoke'].map((name) => `/api/v1/auth/${name}`));
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const nestedList = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('sizes', () => {
  it('S78: a body may have 100 KB, 32 levels, and 1,000 members at one place', async () => {
    const cases: readonly (readonly [string, string, number])[] = [
      [
        'at the limit',
        JSON.stringify({ username: 'x', password: 'p'.repeat(1_000), pad: 'x'.repeat(100_000) }),
        400,
      ],
      ['over the limit', JSON.stringify({ username: 'x'.repeat(102_400) }), 413],
      ['a megabyte', JSON.stringify({ username: 'x'.repeat(1_048_576) }), 413],
      ['32 levels', nested(32), 400],
      ['33 levels', nested(33), 400],
      ['3,000 levels', nested(3_000), 400],
      ['15,000 levels', nested(15_000), 400],
      ['30,000 levels of lists', nestedList(30_000), 400],
      ['200,000 levels of lists', nestedList(200_000), 413],
      [
        '1,001 members',
        JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`m${i}`, 1]))),
        400,
      ],
      ['1,001 items', JSON.stringify({ username: Array(1_001).fill(1) }), 400],
      ['null', 'null', 400],
      ['a list', '[]', 400],
      ['a number', '1', 400],
      ['text', '"text"', 400],
      ['half of it', '{"username":', 400],
      ['nothing', '', 400],
      ['a NUL', '{"username":"a\\u0000b","password":"x"}', 400],
      ['half a character', '{"username":"\\ud800","password":"x"}', 400],
    ];
    for (const [name, data, expected] of cases) {
      const { status } = await service.api.post('/auth/login', json(data));
      expect([name, status]).toEqual([name, expected]);
    }
  });

  it('S78: depth and width are refused before validation walks them, wherever a body is read', async () => {
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of ['post', 'put', 'patch'].filter((name) => methods[name] !== undefined)) {
        const target = `/${path.replaceAll(/\{\w+\}/g, '1')}`;
        const answer = await service.api.call(method.toUpperCase(), target, {
          token,
          ...json(nested(3_000)),
        });
        expect([method, path, answer.status, answer.body.code]).toEqual([
          method,
          path,
          400,
          'malformed_request',
        ]);
      }
    }
  });

  it('S78: addresses, headers and queries have limits', async () => {
    const { api } = service;
    const query = Array.from({ length: 2_000 }, (_, index) => `q${index}=1`).join('&');
    expect((await api.get(`/users?${query}`, { token })).status).toBe(400);
    expect((await api.get(`/users/${'1'.repeat(2_000)}`, { token })).status).toBeGreaterThanOrEqual(400);
    expect((await api.get(`/users/${'1'.repeat(2_000)}`, { token })).status).toBeLessThan(500);
    expect((await api.get('/users/me', { token, headers: { 'x-filler': 'x'.repeat(20_000) } })).status).toBe(
      431,
    );
    const many = Array.from({ length: 3_000 }, (_, index) => `X-${index}: 1\r\n`).join('');
    const { status } = await sendRaw(api.base, `GET / HTTP/1.1\r\nHost: x\r\n${many}\r\n`);
    expect(status).toBe(431);
    expect((await api.get(`/${'x'.repeat(9_000)}`)).status).toBe(404);
  });
});

describe('prototypes', () => {
  it('S79: members that reach for a prototype are refused in bodies', async () => {
    for (const data of [
      '{"username":"a","password":"b","__proto__":{"polluted":true}}',
      '{"username":"a","password":"b","constructor":{"prototype":{"polluted":true}}}',
      '{"username":"a","password":"b","\\u005f_proto__":{"polluted":true}}',
      '{"a":{"b":[{"__proto__":{"polluted":true}}]}}',
    ]) {
      expect([data, (await service.api.post('/auth/login', json(data))).status]).toEqual([data, 400]);
    }
    for (const data of ['username=a&password=b&__proto__[polluted]=1', 'username=a&password=b&__proto__=1']) {
      const raw = { type: 'application/x-www-form-urlencoded', data };
      expect([data, (await service.api.post('/auth/login', { raw })).status]).toEqual([data, 400]);
    }
  });

  it('S79: and in queries', async () => {
    for (const query of [
      '__proto__=x',
      '__proto__[polluted]=1',
      '%5F%5Fproto%5F%5F[polluted]=1',
      'constructor[prototype][polluted]=1',
      'constructor=1',
      'prototype=1',
      'limit=1&__proto__=x',
    ]) {
      for (const path of ['/users', '/users/me', '/health/live']) {
        expect([path, query, (await service.api.get(`${path}?${query}`, { token })).status]).toEqual([
          path,
          query,
          400,
        ]);
      }
    }
  });
});

describe('media types', () => {
  it('S80: bodies are JSON, and nothing else that looks or is spelled like it', async () => {
    const data = JSON.stringify({ identifier: 'nobody@example.com' });
    const types = [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'text/json',
      'application/json\t',
      'application/jsonx',
      'application/json; charset=utf-7',
      'application/json; charset=utf-16',
      'application/json;charset=utf-8;x=y',
      'application/json, text/plain',
      'application/vnd.api+json',
      'application/problem+json',
      'application/xml',
      'application/octet-stream',
      'json',
      '*/*',
      '',
    ];
    for (const type of types) {
      const answer = await service.api.post('/auth/password/forgot', { raw: { type, data } });
      // A parser that trims white space at the end of a header sees plain JSON: then it is JSON, and validated.
      const expected = type.trim() === 'application/json' ? [202, 415] : [415];
      expect(expected.map((status) => [type, status])).toContainEqual([type, answer.status]);
    }
    expect((await service.api.post('/auth/password/forgot', { raw: { data } })).status).toBe(415);
    for (const type of [
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
    ]) {
      expect([
        type,
        (await service.api.post('/auth/password/forgot', { raw: { type, data } })).status,
      ]).toEqual([type, 202]);
    }
  });

  it('S80: no spelling of the type gets a body past validation', async () => {
    const data = JSON.stringify({ firstName: ['x'], roleId: 1, isActive: true });
    for (const type of [
      'application/json\t',
      ' application/json',
      '\tapplication/json',
      'application/json ;',
      'application/json\t;charset=utf-8',
      'application/json;\tcharset=utf-8',
    ]) {
      const head = `PATCH /api/v1/users/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n`;
      const answer = await sendRaw(
        service.api.base,
        `${head}Content-Type: ${type}\r\nContent-Length: ${data.length}\r\n\r\n${data}`,
      );
      expect([400, 415].map((status) => [type, status])).toContainEqual([type, answer.status]);
    }
  });

  it('S80: forms are refused on every route but those of OAuth 2', async () => {
    const raw = { type: 'application/x-www-form-urlencoded', data: 'username=a&password=b' };
    const statuses: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of ['post', 'put', 'patch', 'delete'].filter((name) => methods[name] !== undefined)) {
        const target = `/${path.replaceAll(/\{\w+\}/g, '2000000000')}`;
        const { status } = await service.api.call(method.toUpperCase(), target, { token, raw });
        statuses.push(FORM_ROUTES.has(path) ? `form ${status}` : String(status));
      }
    }
    // Without the token that the three others are about they are incomplete.
    expect(tally(statuses)).toEqual({ 'form 400': 4, 415: statuses.length - 4 });
  });
});

describe('methods', () => {
  it('S81: a method no route takes is answered 405 with Allow, on every address', async () => {
    const matches = (path: string, template: string) =>
      new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
    for (const path of Object.keys(paths)) {
      const target = `/${path.replaceAll(/\{\w+\}/g, '1')}`;
      // `…/identities/oauth` is also an `…/identities/{id}`.
      const operations = Object.entries(paths).filter(([template]) => matches(path, template));
      const taken = ['get', 'post', 'put', 'patch', 'delete'].filter((name) =>
        operations.some(([, methods]) => methods[name] !== undefined),
      );
      // What browsers post for a provider is not described.
      if (path.endsWith('/{provider}/callback')) taken.push('post');
      const known = taken.map((name) => name.toUpperCase());
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']) {
        if (known.includes(method)) continue;
        const answer = await service.api.call(method, target, { token });
        expect([method, path, answer.status]).toEqual([method, path, 405]);
        expect(answer.body.code).toBe('method_not_allowed');
        const allow = String(answer.headers.allow).split(', ');
        expect([path, known.every((name) => allow.includes(name)), allow.includes(method)]).toEqual([
          path,
          true,
          false,
        ]);
      }
      const options = await service.api.call('OPTIONS', target);
      expect([path, options.status, String(options.headers.allow).includes(known[0] ?? '')]).toEqual([
        path,
        204,
        true,
      ]);
    }
  });

  it('S81: TRACE and CONNECT echo nothing; an unknown address is 404, whatever the method', async () => {
    for (const method of ['GET', 'POST', 'DELETE', 'PUT']) {
      const answer = await service.api.call(method, '/nowhere', { token });
      expect([method, answer.status, answer.body.code]).toEqual([method, 404, 'route_not_found']);
    }
    const trace = await service.api.call('TRACE', '/users/me', { headers: { 'x-canary': 'canary' } });
    expect([trace.status, trace.text.includes('canary')]).toEqual([405, false]);
    const { status } = await sendRaw(
      service.api.base,
      'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n',
    );
    expect([0, 400, 404, 405]).toContain(status);
    expect((await sendRaw(service.api.base, 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n')).status).toBe(400);
  });
});

describe('what is not quite HTTP', () => {
  const post = 'POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const body = '{"refresh_token":"x"}';
  const smuggled = 'GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n';
  const requests: Readonly<Record<string, string>> = {
    'Content-Length and Transfer-Encoding': `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'Transfer-Encoding and Content-Length': `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
    'two Content-Length': `${post}Content-Length: 21\r\nContent-Length: 0\r\n\r\n${body}${smuggled}`,
    'two Content-Length in one': `${post}Content-Length: 21, 0\r\n\r\n${body}`,
    'negative Content-Length': `${post}Content-Length: -1\r\n\r\n${body}`,
    'Content-Length with a sign': `${post}Content-Length: +21\r\n\r\n${body}`,
    'Content-Length in hex': `${post}Content-Length: 0x15\r\n\r\n${body}`,
    'chunked twice': `${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'chunked in disguise': `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'a chunk size with a sign': `${post}Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n`,
    'a folded header': `GET / HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n b\r\n\r\n`,
    'bare line feeds': `GET / HTTP/1.1\nHost: x\n\n`,
    'a bare line feed between headers': `GET / HTTP/1.1\r\nHost: x\nX-Other: y\r\n\r\n`,
    'a space before the colon': `GET / HTTP/1.1\r\nHost : x\r\n\r\n`,
    'a NUL in a header': `GET / HTTP/1.1\r\nHost: x\r\nX-Nul: a\0b\r\n\r\n`,
    'no Host': `GET / HTTP/1.1\r\n\r\n`,
    'a version of its own': `GET / HTTP/9.9\r\nHost: x\r\n\r\n`,
    'no HTTP at all': `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n`,
  };
  it.each(Object.entries(requests))('S82: %s: 400, and the connection is closed', async (_name, request) => {
    const answer = await sendRaw(service.api.base, request);
    expect(answer.status).toBe(400);
    expect(answer.closed).toBe(true);
    // Nothing that follows is taken for a second request.
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('S82: what it refuses it refuses in the form of every other error', async () => {
    const { text } = await sendRaw(service.api.base, requests['a folded header'] ?? '');
    expect(text).toMatch(/Content-Type: application\/problem\+json/);
    expect(text).toMatch(/"code":"malformed_request".*"requestId":"[^"]+"/);
  });

  it('S82: of a member given twice the last counts, for validation and handler alike', async () => {
    const data = `{"firstName":"Ada","firstName":["x"]}`;
    expect((await service.api.patch('/users/me', { token, ...json(data) })).status).toBe(400);
    const twice = await service.api.patch('/users/me', {
      token,
      ...json('{"firstName":["x"],"firstName":"Ada"}'),
    });
    expect([twice.status, twice.body.firstName]).toEqual([200, 'Ada']);
  });
});

it('S84: every refusal is a problem in the same form, and tells nothing of the inside', async () => {
  const { api } = service;
  const answers = [
    await api.get('/users/me'),
    await api.get('/nowhere'),
    await api.get('/users/%ff', { token }),
    await api.get('/users/abc', { token }),
    await api.get('/users/2000000000', { token }),
    await api.get('/users?limit=x&cursor=abc', { token }),
    await api.get("/users?sort=id'--", { token }),
    await api.post('/auth/login', json('{')),
    await api.post('/auth/login', json('')),
    await api.post('/auth/login', json(nested(3_000))),
    await api.post('/auth/login', { body: { username: 1 } }),
    await api.post('/auth/refresh', { body: { refresh_token: 'x' } }),
    await api.post('/auth/refresh', { raw: { type: 'text/plain', data: 'x' } }),
    await api.post('/auth/login', json(JSON.stringify({ a: 'x'.repeat(110_000) }))),
    await api.call('DELETE', '/auth/login'),
    await api.post('/users', {
      token,
      body: { firstName: 'A', roleId: 2_000_000_000, email: 'a@example.com' },
    }),
  ];
  const inside =
    /node_modules|\/src\/|\/dist\/|\.[jt]s:\d|at \w+ \(|SELECT |INSERT |typeorm|postgres|fastify|nestjs|ECONN|QueryFailed|constraint/i;
  for (const { status, headers, body, text } of answers) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId']),
    );
    expect([body.status, body.requestId]).toEqual([status, headers['x-request-id']]);
    expect(text).not.toMatch(inside);
    for (const name of ['server', 'x-powered-by', 'x-aspnet-version', 'via'])
      expect(headers[name]).toBeUndefined();
  }
});

it('S83, G13: ids that are no positive whole numbers are refused before any SQL', async () => {
  const ids = [
    '0',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x1',
    '01',
    '2147483648',
    '99999999999999999999',
    '٣',
    '１',
    'null',
    'undefined',
    'NaN',
    'true',
    "1'",
    '1;',
    '1 ',
    '%00',
    '..',
    '[]',
    '1,2',
  ];
  for (const path of [
    '/users/ID',
    '/roles/ID',
    '/privileges/ID',
    '/users/ID/privileges',
    '/roles/ID/privileges',
  ]) {
    for (const id of ids) {
      const answer = await service.api.get(path.replace('ID', encodeURIComponent(id)), { token });
      const expected = id === '..' ? [400, 404] : [400];
      expect(expected.map((status) => [path, id, status])).toContainEqual([path, id, answer.status]);
    }
  }
});
