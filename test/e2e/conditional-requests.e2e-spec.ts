import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { tally, together } from '../support/cluster.js';
import type { TestUser } from '../support/factory.js';
import type { Problem } from './shapes.js';

interface Resource {
  readonly path: string;
  /** A change of something the resource shows. */
  readonly change: () => Record<string, unknown>;
}

let service: TestApp;
let admin: TestUser;
beforeAll(async () => {
  service = await startApp({ env: { WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' } });
  admin = await service.factory.superAdmin();
});
afterAll(() => service.close());

const KINDS = ['users', 'roles', 'privileges', 'webhooks'] as const;
type Kind = (typeof KINDS)[number];

async function create(kind: Kind): Promise<{ answer: ApiResponse<{ id: number }>; resource: Resource }> {
  const name = service.factory.unique('name').replaceAll('-', '.');
  const bodies: Record<Kind, object> = {
    users: { firstName: 'Ada', email: service.factory.email(), roleId: await service.factory.role() },
    roles: { name },
    privileges: { name: `x.${name}` },
    webhooks: { url: 'http://127.0.0.1:9/', eventTypes: ['user.*'] },
  };
  const answer = await service.api.post<{ id: number }>(`/${kind}`, {
    token: admin.token,
    body: bodies[kind],
  });
  const field = kind === 'users' ? 'firstName' : 'description';
  const change = () => ({ [field]: service.factory.unique('text') });
  return { answer, resource: { path: `/${kind}/${answer.body.id}`, change } };
}

const read = (path: string, headers = {}, token = admin.token) => service.api.get(path, { token, headers });
const etagAt = async (path: string) => String((await read(path)).headers.etag);

function patch({ path, change }: Resource, etag?: string): Promise<ApiResponse<Problem>> {
  const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': etag };
  return service.api.patch<Problem>(path, { token: admin.token, body: change(), headers });
}

describe.each(KINDS)('a resource of %s', (kind) => {
  it('F20: is where the Location of its creation says', async () => {
    const { answer, resource } = await create(kind);
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`http://gatehouse.test/api/v1${resource.path}`);
  });

  it('F20: has an ETag that changes with it, and not without', async () => {
    const { resource } = await create(kind);
    const etag = await etagAt(resource.path);
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(await etagAt(resource.path)).toBe(etag);
    const changed = await patch(resource);
    expect(changed.headers.etag).not.toBe(etag);
    expect(await etagAt(resource.path)).toBe(changed.headers.etag);
  });

  it('F20: is changed and deleted with If-Match only as it was read', async () => {
    const { resource } = await create(kind);
    const old = await etagAt(resource.path);
    const current = String((await patch(resource, old)).headers.etag);
    for (const refused of [
      await patch(resource, old),
      await patch(resource, `W/${current}`),
      await patch(resource, '"another", "third"'),
      await service.api.delete<Problem>(resource.path, {
        token: admin.token,
        headers: { 'if-match': old },
      }),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([412, 'precondition_failed']);
    }
    expect(await etagAt(resource.path)).toBe(current);
    const next = String((await patch(resource, `"another", ${current}`)).headers.etag);
    expect((await patch(resource, '*')).status).toBe(200);
    const last = await service.api.delete(resource.path, {
      token: admin.token,
      headers: { 'if-match': await etagAt(resource.path) },
    });
    expect([next === current, last.status]).toEqual([false, 204]);
    expect((await patch(resource, '*')).status).toBe(404);
  });

  it('F20: lets one of many through that have read the same', async () => {
    const { resource } = await create(kind);
    const etag = await etagAt(resource.path);
    const answers = await together(8, () => patch(resource, etag));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 1, 412: 7 });
  });

  it('F20: is not sent again to who has it', async () => {
    const { resource } = await create(kind);
    const etag = await etagAt(resource.path);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const { status, text, headers } = await read(resource.path, { 'if-none-match': known });
      expect([known, status, text, headers.etag]).toEqual([known, 304, '', etag]);
      const head = await service.api.call('HEAD', resource.path, {
        token: admin.token,
        headers: { 'if-none-match': known },
      });
      expect([known, head.status, head.text, head.headers.etag]).toEqual([known, 304, '', etag]);
    }
    expect((await read(resource.path, { 'if-none-match': '"x"' })).status).toBe(200);
  });
});

describe('If-Match', () => {
  it.each(['abc', '', '"a', 'a"', '"a" "b"', '"a", b', 'W"a"', '**', '"a b"'])(
    'F20: that is no entity tag is refused, not passed over: %j',
    async (value) => {
      const { resource } = await create('roles');
      const { status, body } = await patch(resource, value);
      expect([status, body.code]).toEqual([400, 'malformed_request']);
    },
  );

  it('F20: of a user looks at contacts and role as well, which the answer shows', async () => {
    const { resource } = await create('users');
    const id = Number(resource.path.split('/').at(-1));
    const etag = await etagAt(resource.path);
    await service.sql(`UPDATE user_identity SET value = $2 WHERE user_id = $1`, [
      id,
      service.factory.email(),
    ]);
    expect((await patch(resource, etag)).status).toBe(412);
    const body = { roleId: await service.factory.roleId('User') };
    const current = { 'if-match': await etagAt(resource.path) };
    const demoted = await service.api.patch(resource.path, { token: admin.token, body, headers: current });
    expect(demoted.status).toBe(200);
    expect((await patch(resource, current['if-match'])).status).toBe(412);
  });

  it('F20: guards one’s own profile', async () => {
    const { token } = await service.factory.user();
    const old = String((await read('/users/me', {}, token)).headers.etag);
    const change = (etag: string, firstName: string) =>
      service.api.patch('/users/me', { token, body: { firstName }, headers: { 'if-match': etag } });
    const changed = await change(old, 'Ada');
    expect(changed.status).toBe(200);
    expect((await change(old, 'Grace')).status).toBe(412);
    const remove = (etag: string) =>
      service.api.delete('/users/me', { token, headers: { 'if-match': etag } });
    expect((await remove(old)).status).toBe(412);
    expect((await remove(String(changed.headers.etag))).status).toBe(204);
  });

  it('F20: guards the whole set of what a role holds, and each grant', async () => {
    const { resource } = await create('roles');
    const path = `${resource.path}/privileges`;
    const [one, two] = await service.sql<{ id: number }>('SELECT id FROM privilege ORDER BY id LIMIT 2');
    const put = (etag: string, ids: readonly unknown[]) =>
      service.api.put(path, {
        token: admin.token,
        body: { privilegeIds: ids },
        headers: { 'if-match': etag },
      });
    const empty = await etagAt(path);
    const changed = await put(empty, [one?.id]);
    expect([changed.status, changed.headers.etag]).toEqual([200, await etagAt(path)]);
    expect((await put(empty, [two?.id])).status).toBe(412);
    const single = (method: string, etag: string) =>
      service.api.call(method, `${path}/${two?.id}`, { token: admin.token, headers: { 'if-match': etag } });
    expect((await single('PUT', empty)).status).toBe(412);
    expect((await single('PUT', await etagAt(path))).status).toBe(204);
    expect((await single('DELETE', String(changed.headers.etag))).status).toBe(412);
    expect((await single('DELETE', await etagAt(path))).status).toBe(204);
  });

  it('F20: tells nothing to who may not make the change', async () => {
    const plain = await service.factory.userWith('roles.read');
    const { resource } = await create('roles');
    const answer = await service.api.patch(resource.path, {
      token: plain.token,
      body: resource.change(),
      headers: { 'if-match': '"x"' },
    });
    expect(answer.status).toBe(403);
  });
});

describe('Location', () => {
  it('F20: is on every 201, also on one that is answered again', async () => {
    const headers = { 'idempotency-key': service.factory.unique('key') };
    const body = { name: service.factory.unique('role') };
    const first = await service.api.post('/roles', { token: admin.token, body, headers });
    const again = await service.api.post('/roles', { token: admin.token, body, headers });
    expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([201, 201, 'true']);
    expect(again.headers.location).toBe(first.headers.location);

    const created = service.contract.operations.filter(({ responses }) => responses['201']);
    expect(created.length).toBeGreaterThan(4);
    const undocumented = created.filter(
      ({ responses }) => !(responses['201'] as { headers?: object }).headers,
    );
    expect(undocumented).toEqual([]);
  });

  it('F20: has the path that the outside knows', async () => {
    const env = { PUBLIC_BASE_URL: 'https://example.com/id' };
    const prefixed = await startApp({ databaseUrl: service.databaseUrl, env });
    try {
      const { token } = await prefixed.factory.superAdmin();
      const body = { name: service.factory.unique('role') };
      const { headers, body: role } = await prefixed.api.post('/roles', { token, body });
      expect(headers.location).toBe(`https://example.com/id/api/v1/roles/${String(role.id)}`);
    } finally {
      await prefixed.close();
    }
  });
});

it('F20: the document says where ETag and If-Match are', () => {
  const named = (header: string) =>
    service.contract.operations
      .filter(({ parameters }) => parameters?.some((one) => one.in === 'header' && one.name === header))
      .map(({ operationId }) => operationId ?? '');
  expect(named('If-Match').toSorted()).toEqual(
    [
      ...['User', 'Role', 'Privilege', 'Webhook', 'Me'].flatMap((noun) => [`update${noun}`, `delete${noun}`]),
      'grantPrivilege',
      'revokePrivilege',
      'setRolePrivileges',
    ].toSorted(),
  );
  expect(named('If-None-Match')).toEqual(
    expect.arrayContaining([
      'getUser',
      'getRole',
      'getPrivilege',
      'getWebhook',
      'getMe',
      'listRolePrivileges',
    ]),
  );
});
