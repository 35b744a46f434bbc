import { connect } from 'node:net';
import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import type { TestUser } from '../support/factory.js';
import { exampleOf, nameOf, pathOf } from './requests.js';
import type { Problem } from './shapes.js';

let service: TestApp;
let admin: TestUser;
beforeAll(async () => {
  service = await startApp();
  admin = await service.factory.superAdmin();
});
afterAll(() => service.close());

describe('the query of every list', () => {
  async function expectRefusedEverywhere(query: string): Promise<void> {
    const lists = service.contract.operations.filter(({ parameters }) =>
      parameters?.some(({ name }) => name === 'cursor'),
    );
    expect(lists.length).toBeGreaterThanOrEqual(3);
    for (const operation of lists) {
      const path = `${pathOf(operation, 1)}?${query}`;
      const response = await service.api.get<Problem>(path, { token: admin.token });
      expect([nameOf(operation), response.status]).toEqual([nameOf(operation), 400]);
    }
  }

  it.each(['__proto__=x', '__proto__[x]=1', '__proto__.x=1', 'constructor=x', 'constructor[prototype]=1'])(
    'S79: does not reach for prototypes: %s',
    async (query) => {
      await expectRefusedEverywhere(query);
      expect('x' in {}).toBe(false);
    },
  );

  it.each([`q='`, 'filter[passwordHash]=x', 'select=id', 'where={}', 'limit[$gt]=1', 'sort[]=id', '=', 'x'])(
    'S71: has no other field: %s',
    async (query) => {
      await expectRefusedEverywhere(query);
    },
  );

  it('S85: has nothing in it that reaches the database as SQL', async () => {
    const injections = [`'`, `"`, `;--`, `' OR '1'='1`, `1);SELECT pg_sleep(5)--`, `\\`, `\0`, `$1`, `:x`];
    for (const name of ['limit', 'cursor', 'sort', 'total', 'roleId', 'isActive']) {
      for (const value of injections) await expectRefusedEverywhere(`${name}=${encodeURIComponent(value)}`);
    }
  });

  it('S78: has no thousands of fields', async () => {
    await expectRefusedEverywhere(Array.from({ length: 1_500 }, (_, n) => `k${n}=1`).join('&'));
    await expectRefusedEverywhere(Array.from({ length: 1_000 }, () => 'limit=1').join('&'));
  });
});

describe('an id in a path', () => {
  const WRONG =
    '0 -1 1e3 9007199254740992 99999999999999999999 01 +1 0x1 1.0 1.5 -0 1,2 [1] null undefined NaN true ٣ １ * %';
  it.each([...WRONG.split(' '), ' 1', '1 ', '1\0', '1\u200B', `1' OR '1'='1`, '1;x', '1/../1'])(
    'S83: is not %j',
    async (value) => {
      const parameters = service.contract.operations.flatMap((operation) =>
        (operation.parameters ?? [])
          .filter((one) => one.in === 'path' && one.name !== 'provider')
          .map(({ name }) => ({ operation, name })),
      );
      expect(parameters.length).toBeGreaterThan(15);
      for (const { operation, name } of parameters) {
        const path = pathOf(operation, (one) => (one === name ? encodeURIComponent(value) : 1));
        const { status, body } = await service.api.call<Problem>(operation.method, path, {
          token: admin.token,
          body: exampleOf(operation),
        });
        const faults = body.errors?.map(({ field, rule }) => `${field} ${rule}`);
        expect([nameOf(operation), status, faults]).toEqual([nameOf(operation), 400, [`${name} isId`]]);
      }
    },
  );
});

describe('an id in a path beyond its column', () => {
  it('S83: is refused where the API says it ends, before the database refuses it', async () => {
    const parameters = service.contract.operations.flatMap((operation) =>
      (operation.parameters ?? [])
        .filter((one) => one.in === 'path' && one.name !== 'provider')
        .map(({ name, schema }) => ({ operation, name, maximum: schema?.maximum ?? 0 })),
    );
    expect(parameters.length).toBeGreaterThan(15);
    for (const { operation, name, maximum } of parameters) {
      expect([nameOf(operation), maximum]).toEqual([
        nameOf(operation),
        /\/(sessions|deliveries)\/\{/.test(operation.path) ? Number.MAX_SAFE_INTEGER : 2_147_483_647,
      ]);
      const send = (id: number) =>
        service.api.call<Problem>(
          operation.method,
          pathOf(operation, (one) => (one === name ? id : 1)),
          {
            token: admin.token,
            body: exampleOf(operation),
          },
        );
      const [last, beyond] = [await send(maximum), await send(maximum + 1)];
      expect([nameOf(operation), beyond.body.errors]).toMatchObject([nameOf(operation), [{ rule: 'isId' }]]);
      expect([nameOf(operation), last.status]).not.toEqual([nameOf(operation), 400]);
      expect(last.status).toBeLessThan(500);
    }
  });
});

describe('an address', () => {
  const NOWHERE =
    '/nothing /users/1/nothing //nothing //api //api/v2/users //index.html //.env //.git/config';
  it.each(NOWHERE.split(' '))('S81: finds nothing at %s and says so', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const response = await service.api.call<Problem>(method, path, { token: admin.token });
      expect([method, response.status, response.body.code]).toEqual([method, 404, 'route_not_found']);
    }
  });

  const MALFORMED = '/users/% /users/%zz /users/%ff /users/%c3%28 /% /users/%u0031 /users/%E0%A4%A';
  it.each(MALFORMED.split(' '))('is refused when it is malformed: %s', async (path) => {
    const response = await service.api.get<Problem>(path, { token: admin.token });
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('malformed_request');
  });

  it('is refused when a parameter is too long', async () => {
    const response = await service.api.get<Problem>(`/users/${'1'.repeat(200)}`, { token: admin.token });
    expect(response.status).toBe(414);
    expect(response.body.code).toBe('uri_too_long');
  });
});

describe('a method', () => {
  const ROUTES = ['/users', '/users/1', '/auth/login', '//', '//docs'];

  it.each('TRACE PROPFIND MKCOL LOCK SEARCH PURGE QUERY'.split(' '))(
    'S81: %s is refused, and nothing is echoed',
    async (method) => {
      for (const path of [...ROUTES, '/nothing']) {
        const headers = { 'x-canary': 'do not echo' };
        const response = await service.api.call(method, path, { token: admin.token, headers });
        expect([400, 404, 405, 501]).toContain(response.status);
        expect(response.text).not.toContain('do not echo');
      }
    },
  );

  it('S81: that no route of an address takes is answered 405, with those it takes', async () => {
    const ALLOWED = {
      '/users': 'GET, HEAD, POST',
      '/users/1': 'DELETE, GET, HEAD, PATCH',
      '/auth/login': 'POST',
      '/roles/1/privileges/2': 'DELETE, PUT',
      '//': 'GET, HEAD',
    };
    for (const [path, allow] of Object.entries(ALLOWED)) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
        if (allow.split(', ').includes(method)) continue;
        const { status, headers } = await service.api.call(method, path);
        expect([method, path, status, headers.allow]).toEqual([method, path, 405, allow]);
      }
    }
  });

  it('S81: OPTIONS is answered with the methods of the address, and nothing is echoed', async () => {
    for (const path of ROUTES) {
      const headers = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' };
      const response = await service.api.call('OPTIONS', path, { headers });
      expect([path, response.status, response.text]).toEqual([path, 204, '']);
      expect(response.headers.allow).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
      expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect((await service.api.call('OPTIONS', '/nothing')).status).toBe(404);
  });
});

describe('what is not HTTP', () => {
  /** Writes `request` as it is, and reads until the other side closes. */
  function exchange(request: string): Promise<string> {
    const { hostname, port } = new URL(service.api.base);
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(Number(port), hostname, () => socket.write(request, 'latin1'));
      socket.setTimeout(5_000, () => socket.destroy(new Error('The connection was left open')));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    });
  }

  function parse(text: string): ApiResponse {
    const [head = '', body = ''] = text.split('\r\n\r\n', 2);
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const [name = '', ...value] = line.split(':');
        return [name.toLowerCase(), value.join(':').trim()];
      }),
    );
    const problem = (body.startsWith('{') ? JSON.parse(body) : {}) as Record<string, unknown>;
    return { status: Number(statusLine.split(' ')[1]), headers, text: body, body: problem };
  }

  const POST = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const GET = 'GET / HTTP/1.1\r\nHost: x\r\n';
  it.each([
    ['no request line', 'GARBAGE\r\n\r\n', 400],
    ['an unknown method', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `, 400],
    ['a length and chunks', `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a length that is none', `${POST}Content-Length: 0x2\r\n\r\n{}`, 400],
    ['another coding than chunks', `${POST}Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n`, 400],
    ['chunks without end', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400],
    ['a folded header', `${GET}X-A: b\r\n c\r\n\r\n`, 400],
    ['a space before the colon', `${GET}X-A : b\r\n\r\n`, 400],
    ['NUL in a header', `${GET}X-A: b\0c\r\n\r\n`, 400],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['headers of 20 KB', `${GET}X-A: ${'b'.repeat(20_000)}\r\n\r\n`, 431],
  ])('S82: %s is answered with a problem, and the connection is closed', async (_, request, status) => {
    const response = parse(await exchange(request));
    expect(response.status).toBe(status);
    // A path that no operation has: what is held to the contract is the form of the error.
    service.contract.check('GET', '/not-http', response);
    expect(response.body).toMatchObject({ status });
  });
});
