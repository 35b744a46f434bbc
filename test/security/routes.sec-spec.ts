import { startApp, type TestApp } from '../support/app.js';
import { type Operation, resolve } from '../support/contract.js';
import type { TestUser } from '../support/factory.js';

/** What a service decides and no caller may write. */
const SERVER_FIELDS: Readonly<Record<string, unknown>> = {
  id: 1,
  userId: 1,
  roleId: 1,
  role: 'SuperAdmin',
  privileges: ['users.read'],
  status: 'active',
  isActive: true,
  isSystem: true,
  verifiedAt: '2026-01-01T00:00:00Z',
  emailVerified: true,
  isVerified: true,
  passwordHash: 'x',
  authVersion: 99,
  version: 99,
  createdBy: 1,
  updatedBy: 1,
  createdAt: '2020-01-01T00:00:00Z',
  updatedAt: '2020-01-01T00:00:00Z',
  deletedAt: null,
  otp: '000000',
  otpAttempts: 0,
};

let service: TestApp;
let admin: TestUser;
let routes: readonly (Operation & { readonly target: string })[];
beforeAll(async () => {
  service = await startApp();
  admin = await service.factory.superAdmin();
  routes = service.contract.operations.map((operation) => ({
    ...operation,
    target: `/${operation.path.replaceAll(/\{\w+\}/g, '2000000000')}`,
  }));
});
afterAll(() => service.close());

it('S63: every route is closed to strangers, and to whoever lacks its privilege', async () => {
  const plain = await service.factory.userWith();
  const open: string[] = [];
  for (const { method, target, ...operation } of routes) {
    const body = operation.requestBody
      ? { body: operation.requestBody.content['application/json']?.example ?? {} }
      : {};
    const name = `${method} ${target}`;
    if (operation.security.length === 0) {
      open.push(name);
      continue;
    }
    const anonymous = await service.api.call(method, target, body);
    expect([name, anonymous.status, anonymous.headers['www-authenticate']]).toEqual([name, 401, 'Bearer']);
    if (!operation['x-required-privileges']) continue;
    const lacking = await service.api.call(method, target, { token: plain.token, ...body });
    expect([name, lacking.status, lacking.body.code]).toEqual([name, 403, 'privilege_required']);
  }
  expect(open.map((name) => name.replace('//api/v1', '')).toSorted()).toEqual(
    [
      'GET //',
      'GET //.well-known/jwks.json',
      'GET //.well-known/oauth-authorization-server',
      'GET /auth/oauth/2000000000/callback',
      'GET /auth/oauth/2000000000/start',
      'GET /auth/oauth/done',
      'GET /auth/oauth/providers',
      'GET /health',
      'GET /health/live',
      'GET /health/ready',
      'GET /health/startup',
      'POST /auth/login',
      'POST /auth/otp/login',
      'POST /auth/otp/request',
      'POST /auth/password/forgot',
      'POST /auth/oauth/token',
      'POST /auth/password/reset',
      'POST /auth/refresh',
      'POST /auth/register',
      'POST /auth/verify',
    ].toSorted(),
  );
});

it('S66, G12: what the service decides is refused in every body, and the row stays', async () => {
  const user = await service.factory.user();
  const row = async () => [
    await service.sql('SELECT * FROM "user" WHERE id = $1', [user.id]),
    await service.sql('SELECT * FROM user_auth WHERE user_id = $1', [user.id]),
  ];
  const before = await row();
  for (const { method, target: unowned, requestBody } of routes) {
    const media = requestBody?.content['application/json'];
    if (!media) continue;
    // Of a body that is one of several the first, which the example is of.
    const [schema = media.schema] = (media.schema as { oneOf?: object[] }).oneOf ?? [];
    const { properties } = resolve<{ properties: object }>(service.contract.document, schema, []).node;
    for (const [field, value] of Object.entries(SERVER_FIELDS)) {
      if (field in properties) continue;
      const target = unowned.replace('/users/2000000000', `/users/${user.id}`);
      const body = { ...(media.example as object), [field]: value };
      const answer = await service.api.call<{ errors?: { field: string; rule: string }[] }>(method, target, {
        token: admin.token,
        body,
      });
      expect([
        target,
        field,
        answer.status,
        answer.body.errors?.find((error) => error.field === field)?.rule,
      ]).toEqual([target, field, 400, 'whitelistValidation']);
    }
  }
  expect(await row()).toEqual(before);
}, 30_000);

it('S70: no spelling of an address or method opens what is closed', async () => {
  const plain = await service.factory.userWith();
  const spellings = (path: string): readonly string[] => {
    const [, , , ...parts] = path.slice(1).split('/');
    const tail = parts.join('/');
    const hex = (text: string) => `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`;
    return [
      `//api/v1/${tail}/`,
      `///api/v1/${tail}`,
      `//api//v1/${tail}`,
      `//api/v1//${tail}`,
      `//api/v1/./${tail}`,
      `//api/v1/x/../${tail}`,
      `//api/v1/%2e/${tail}`,
      `//api/v1/${tail};x=1`,
      `//api/v1/${tail}%2f`,
      `//api/v1/${tail}%00`,
      `//api/v1/${tail}%20`,
      `//api/v1/${tail}.json`,
      `//api/v1/${tail}?x=1`,
      `//api/v1/${tail}#x`,
      `//api/v1/${hex(tail)}`,
      `//api/v1/${tail.toUpperCase()}`,
      `//API/V1/${tail}`,
      `//api%2fv1%2f${tail}`,
      `//api/${tail}`,
      `///evil.test/api/v1/${tail}`,
    ];
  };
  const headers = (path: string): readonly Record<string, string>[] => [
    { 'x-http-method-override': 'GET', 'x-method-override': 'GET', 'x-http-method': 'GET' },
    { 'x-original-url': '/api/v1/health/live', 'x-rewrite-url': '/api/v1/health/live' },
    { 'x-forwarded-prefix': '/health', 'x-forwarded-uri': path, 'x-forwarded-for': '127.0.0.1' },
    { 'x-user-id': String(admin.id), 'x-roles': 'SuperAdmin', 'x-internal': 'true' },
  ];
  const seen = new Set<number>();
  for (const { method, target: path, ...operation } of routes.filter((route) => route.security.length > 0)) {
    const token = operation['x-required-privileges'] ? plain.token : undefined;
    const base = token === undefined ? {} : { token };
    const attempts = [
      ...spellings(path).map((target) => service.api.call(method, target, base)),
      ...headers(path).map((extra) => service.api.call(method, path, { ...base, headers: extra })),
      ...(method === 'GET' ? [service.api.call('HEAD', path, base)] : []),
    ];
    for (const [index, { status }] of (await Promise.all(attempts)).entries()) {
      seen.add(status);
      expect([400, 401, 403, 404, 405].map((refusal) => [method, path, index, refusal])).toContainEqual([
        method,
        path,
        index,
        status,
      ]);
    }
  }
  expect(seen).toContain(401);
  // A method in a header is no method: this GET deletes nothing.
  const victim = await service.factory.user();
  const override = { 'x-http-method-override': 'DELETE' };
  const answer = await service.api.get(`/users/${victim.id}`, { token: admin.token, headers: override });
  expect([answer.status, (await service.api.get('/users/me', { token: victim.token })).status]).toEqual([
    200, 200,
  ]);
}, 60_000);

it('S71: lists sort and filter by what they name, not by what is secret', async () => {
  const { token } = admin;
  for (const query of [
    'sort=passwordHash',
    'sort=password_hash',
    'sort=-tokenHash',
    'sort=user_auth.password_hash',
    'sort=id,passwordHash',
    'sort[]=id',
    'sort=',
    'sort=__proto__',
    'filter[otp]=1',
    'filter[passwordHash][$gt]=a',
    'passwordHash=x',
    'where=1',
    'select=passwordHash',
    'fields=passwordHash',
    'relations=auth',
    'include=auth',
    'order[passwordHash]=ASC',
  ]) {
    for (const path of ['/users', '/roles', '/privileges']) {
      expect([path, query, (await service.api.get(`${path}?${query}`, { token })).status]).toEqual([
        path,
        query,
        400,
      ]);
    }
  }
});
