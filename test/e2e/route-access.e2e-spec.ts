import type { FastifyInstance } from 'fastify';
import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Operation } from '../support/contract.js';
import { exampleOf, isPublic, nameOf, NO_ID, pathOf, privilegesOf } from './requests.js';
import type { Problem } from './shapes.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const operations = () => service.contract.operations;
const closed = () => operations().filter((operation) => !isPublic(operation));
const guarded = () => closed().filter((operation) => privilegesOf(operation).length > 0);
const personal = () => closed().filter((operation) => privilegesOf(operation).length === 0);

/** The example asks about somebody else, which takes a privilege that the route alone does not. */
const ABOUT_ONESELF = { checks: [{ privilege: 'users.read' }] };

/** Sends what the document gives as an example; ids are of nothing. */
function send(operation: Operation, token?: string): Promise<ApiResponse<Problem>> {
  const body = operation.operationId === 'checkAccess' ? ABOUT_ONESELF : exampleOf(operation);
  return service.api.call<Problem>(operation.method, pathOf(operation, NO_ID), { token, body });
}

/** Whether the guard let the request through; what the handler then said does not matter. */
async function isLetIn(operation: Operation, token: string): Promise<boolean> {
  const { status, body } = await send(operation, token);
  return status !== 401 && !(status === 403 && body.code === 'privilege_required');
}

/** What `ask` answers for each operation, by name. */
async function matrix<Answer>(
  list: readonly Operation[],
  ask: (operation: Operation) => Promise<Answer>,
): Promise<Record<string, Answer>> {
  const answers: Record<string, Answer> = {};
  for (const operation of list) answers[nameOf(operation)] = await ask(operation);
  return answers;
}

const everywhere = <Answer>(list: readonly Operation[], answer: Answer) =>
  Object.fromEntries(list.map((operation) => [nameOf(operation), answer]));

/** What the API promises of its own nouns; a route of theirs that is not here is public or for all who are signed in. */
const PRIVILEGES: Readonly<Record<string, string>> = {
  'GET /privileges': 'privileges.read',
  'POST /privileges': 'privileges.create',
  'GET /privileges/{id}': 'privileges.read',
  'PATCH /privileges/{id}': 'privileges.update',
  'DELETE /privileges/{id}': 'privileges.delete',
  'GET /roles': 'roles.read',
  'POST /roles': 'roles.create',
  'GET /roles/{id}': 'roles.read',
  'PATCH /roles/{id}': 'roles.update',
  'DELETE /roles/{id}': 'roles.delete',
  'GET /roles/{id}/privileges': 'roles.read',
  'PUT /roles/{id}/privileges': 'roles.grant',
  'PUT /roles/{id}/privileges/{privilegeId}': 'roles.grant',
  'DELETE /roles/{id}/privileges/{privilegeId}': 'roles.grant',
  'GET /users': 'users.read',
  'POST /users': 'users.create',
  'GET /users/{id}': 'users.read',
  'PATCH /users/{id}': 'users.update',
  'DELETE /users/{id}': 'users.delete',
  'POST /users/{id}/restore': 'users.restore',
  'POST /users/{id}/password-reset': 'users.update',
  'GET /users/{id}/privileges': 'users.read',
  'GET /users/{id}/identities': 'users.update',
  'POST /users/{id}/identities': 'users.update',
  'POST /users/{id}/identities/{identityId}/primary': 'users.update',
  'DELETE /users/{id}/identities/{identityId}': 'users.update',
  'POST /users/{id}/unlock': 'users.unlock',
  'GET /users/{id}/sessions': 'sessions.read',
  'DELETE /users/{id}/sessions': 'sessions.revoke',
  'POST /auth/validate': 'tokens.validate',
  'GET /webhooks': 'webhooks.manage',
  'POST /webhooks': 'webhooks.manage',
  'GET /webhooks/{id}': 'webhooks.manage',
  'PATCH /webhooks/{id}': 'webhooks.manage',
  'DELETE /webhooks/{id}': 'webhooks.manage',
  'POST /webhooks/{id}/rotate-secret': 'webhooks.manage',
  'POST /webhooks/{id}/test': 'webhooks.manage',
  'GET /webhooks/{id}/deliveries': 'webhooks.manage',
  'POST /webhooks/deliveries/{id}/replay': 'webhooks.manage',
};

describe('every route', () => {
  it('S63: is in the OpenAPI document, but for pages', () => {
    const fastify: FastifyInstance = service.app.getHttpAdapter().getInstance();
    const served = routesOf(fastify.printRoutes({ commonPrefix: false }));
    const documented = new Set(
      operations().map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const pages =
      /^(?:GET \/(docs|redoc|dev\/mailbox)(\/|-|$)|(?:GET|POST) \/(recovery|invitation)(\/|$)|POST \/api\/v1\/auth\/oauth\/:provider\/callback$)/;
    expect(served.length).toBeGreaterThan(documented.size);
    expect(served.filter((route) => !documented.has(route) && !pages.test(route))).toEqual([]);
  });

  it('S63: is closed, but for these', () => {
    expect(operations().filter(isPublic).map(nameOf).toSorted()).toEqual([
      'GET /',
      'GET /.well-known/jwks.json',
      'GET /.well-known/oauth-authorization-server',
      'GET /api/v1/auth/oauth/done',
      'GET /api/v1/auth/oauth/providers',
      'GET /api/v1/auth/oauth/{provider}/callback',
      'GET /api/v1/auth/oauth/{provider}/start',
      'GET /api/v1/health',
      'GET /api/v1/health/live',
      'GET /api/v1/health/ready',
      'GET /api/v1/health/startup',
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/oauth/token',
      'POST /api/v1/auth/otp/login',
      'POST /api/v1/auth/otp/request',
      'POST /api/v1/auth/password/forgot',
      'POST /api/v1/auth/password/reset',
      'POST /api/v1/auth/refresh',
      'POST /api/v1/auth/register',
      'POST /api/v1/auth/verify',
    ]);
  });

  it('S63: answers 401 to a stranger where it is not public', async () => {
    const list = closed();
    expect(list.length).toBeGreaterThan(20);
    expect(await matrix(list, async (operation) => (await send(operation)).body.code)).toEqual(
      everywhere(list, 'authentication_required'),
    );
    expect(await matrix(list, async (operation) => (await send(operation, 'a.b.c')).body.code)).toEqual(
      everywhere(list, 'invalid_access_token'),
    );
  });

  it('S63: answers 403 to a user who holds nothing where it takes a privilege', async () => {
    const { token } = await service.factory.userWith();
    const list = guarded();
    expect(list.length).toBeGreaterThan(15);
    expect(await matrix(list, async (operation) => (await send(operation, token)).body.code)).toEqual(
      everywhere(list, 'privilege_required'),
    );
  });

  it('S63: answers 403 to a user who holds everything but what it takes', async () => {
    const list = guarded();
    const codes = await matrix(list, async (operation) => {
      const { token } = await service.factory.userWithAllBut(...privilegesOf(operation));
      return (await send(operation, token)).body.code;
    });
    expect(codes).toEqual(everywhere(list, 'privilege_required'));
  });

  it('S63: lets in a user who holds exactly what it takes', async () => {
    const list = closed();
    const letIn = await matrix(list, async (operation) => {
      const { token } = await service.factory.userWith(...privilegesOf(operation));
      return isLetIn(operation, token);
    });
    expect(letIn).toEqual(everywhere(list, true));
  });

  it('S63: takes the privileges that the API promises', () => {
    const nounOf = (name: string) => name.split('/')[1];
    const ours = new Set(Object.keys(PRIVILEGES).map(nounOf));
    const taken = guarded()
      .map((one) => [nameOf(one).replace('/api/v1', ''), privilegesOf(one).join(' ')] as const)
      // Modules of your own say it beside their routes, and nowhere else.
      .filter(([name]) => ours.has(nounOf(name)));
    expect(Object.fromEntries(taken)).toEqual(PRIVILEGES);
  });

  it('S63: names privileges that exist', async () => {
    const rows = await service.sql<{ name: string }>('SELECT name FROM privilege WHERE deleted_at IS NULL');
    const existing = new Set(rows.map(({ name }) => name));
    expect(
      guarded()
        .flatMap(privilegesOf)
        .filter((name) => !existing.has(name)),
    ).toEqual([]);
  });
});

describe.each(['SuperAdmin', 'Admin', 'Staff', 'User'])('the role %s', (role) => {
  it('S63: is let in where it holds the privileges and nowhere else', async () => {
    const rows = await service.sql<{ name: string }>(
      `SELECT p.name FROM privilege p WHERE p.deleted_at IS NULL AND ($1 = 'SuperAdmin' OR p.id IN (
         SELECT rp.privilege_id FROM role_privilege rp JOIN role r ON r.id = rp.role_id
         WHERE r.name = $1 AND rp.deleted_at IS NULL))`,
      [role],
    );
    const held = new Set(rows.map(({ name }) => name));
    const list = [...guarded(), ...personal()];
    const expected = Object.fromEntries(
      list.map((operation) => [nameOf(operation), privilegesOf(operation).every((name) => held.has(name))]),
    );
    const actual = await matrix(list, async (operation) =>
      // A user for each: one of the routes deletes the caller.
      isLetIn(operation, (await service.factory.user({ role })).token),
    );
    expect(actual).toEqual(expected);
  });
});

describe('the spelling of a request', () => {
  const REFUSALS = new Set([400, 401, 403, 404, 405]);
  const spellingsOf = (path: string) => {
    const target = `/api/v1${path}`;
    const last = target.at(-1) ?? '';
    const encoded = `${target.slice(0, -1)}%${last.charCodeAt(0).toString(16)}`;
    return [
      encoded,
      `/%61pi/v1${path}`,
      `/api%2Fv1${path}`,
      `/api/v1/${path}`,
      `/${target}`,
      `/.${target}`,
      `/x/..${target}`,
      `/api/./v1${path}`,
      `/api/v1/health/..${path}`,
      `/api/v1/health/%2e%2e${path}`,
      `${target}/`,
      `${target}//`,
      `${target}/.`,
      `${target};x=1`,
      `${target}%00`,
      `${target}%20`,
      `${target}.json`,
      `${target}?`,
      `${target}%3F`,
      `${target}#fragment`,
      target.toUpperCase(),
      target.replace('/api/v1', '/api'),
      target.replace('/v1', '/V1'),
      target.replaceAll('/', '\\').replace('\\', '/'),
    ];
  };

  it('S70: opens no route to a stranger or to a user who holds nothing', async () => {
    const { token } = await service.factory.userWith();
    const opened: string[] = [];
    for (const operation of guarded()) {
      for (const target of spellingsOf(pathOf(operation, 1))) {
        for (const sent of [undefined, token]) {
          const body = exampleOf(operation);
          const { status } = await service.api.call(operation.method, `/${target}`, { token: sent, body });
          if (!REFUSALS.has(status)) opened.push(`${operation.method} ${target} ${status}`);
        }
      }
    }
    expect(opened).toEqual([]);
  });

  it('S70: guards HEAD as it guards GET', async () => {
    const { token } = await service.factory.userWith();
    const list = closed().filter(({ method }) => method === 'GET');
    const head = (operation: Operation, sent?: string) =>
      service.api.call('HEAD', pathOf(operation, NO_ID), { token: sent });
    expect(await matrix(list, async (operation) => (await head(operation)).status)).toEqual(
      everywhere(list, 401),
    );
    const taking = list.filter((operation) => privilegesOf(operation).length > 0);
    expect(await matrix(taking, async (operation) => (await head(operation, token)).status)).toEqual(
      everywhere(taking, 403),
    );
  });

  it('S70: is what the request line says, whatever headers say of method and path', async () => {
    const user = await service.factory.userWith();
    const victim = await service.factory.user({ signIn: false });
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      const read = await service.api.get<{ id: number }>('/users/me', {
        token: user.token,
        headers: { [name]: 'DELETE' },
      });
      expect(read.body.id).toBe(user.id);
    }
    for (const name of ['x-original-url', 'x-rewrite-url', 'x-forwarded-uri', 'x-forwarded-prefix']) {
      const root = await service.api.get<object>('//', { headers: { [name]: `/api/v1/users/${victim.id}` } });
      expect(root.body).toMatchObject({ name: 'gatehouse' });
    }
  });

  it('S72: names nobody else: headers do not say who is asking', async () => {
    const admin = await service.factory.superAdmin();
    const headers = {
      'x-user-id': String(admin.id),
      'x-user': String(admin.id),
      'x-roles': 'SuperAdmin',
      'x-internal-user': String(admin.id),
      'x-forwarded-user': admin.email,
    };
    expect((await service.api.get('/users/me', { headers })).status).toBe(401);
    const { token } = await service.factory.userWith();
    expect((await service.api.get('/users', { headers, token })).status).toBe(403);
  });
});

/** Method and path of every route, from Fastify's drawing of its routing tree. */
function routesOf(tree: string): string[] {
  const prefixes: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indentation = '', part = '', methods = ''] =
      /^((?:│ {3}| {4})*)[├└]── (\S+) \(([A-Z, ]+)\)/.exec(line) ?? [];
    if (part === '') return [];
    const depth = indentation.length / 4;
    prefixes.splice(depth, Infinity, part);
    const path = prefixes.join('');
    return methods
      .split(', ')
      .filter((method) => method !== 'HEAD')
      .map((method) => `${method} ${path}`);
  });
}
