import { startApp, type TestApp } from '../support/app.js';
import { refusesStrangers } from './guarded.js';
import { type Page, type Privilege, type Problem, tally } from './shapes.js';
import { traces } from './traces.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { WORKER: 'off' } });
});
afterAll(() => service.close());

const app = () => service;

async function idsOf(...names: string[]): Promise<number[]> {
  const rows = await service.sql<{ id: number; name: string }>(
    'SELECT id, name FROM privilege WHERE name = ANY($1::text[]) AND deleted_at IS NULL',
    [names],
  );
  return names.map((name) => rows.find((row) => row.name === name)?.id ?? 0);
}

async function idOf(name: string): Promise<number> {
  return (await idsOf(name))[0] ?? 0;
}

/** What the role holds, as the service says it. */
async function heldBy(roleId: number): Promise<string[]> {
  const { token } = await service.factory.userWith('roles.read');
  const { body } = await service.api.get<Page<Privilege>>(`/roles/${roleId}/privileges`, { token });
  return body.items.map(({ name }) => name);
}

describe('GET /roles/{id}/privileges', () => {
  refusesStrangers(app, { method: 'GET', path: '/roles/1/privileges' }, 'roles.read');

  it('answers what the role holds, in the order of the ids', async () => {
    const roleId = await service.factory.role('users.read', 'roles.read', 'access.check');
    const { token } = await service.factory.userWith('roles.read');
    const { status, body } = await service.api.get<Page<Privilege>>(`/roles/${roleId}/privileges`, { token });
    expect(status).toBe(200);
    expect(body.items.map(({ name }) => name).toSorted()).toEqual([
      'access.check',
      'roles.read',
      'users.read',
    ]);
    const ids = body.items.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });

  it('answers every live privilege for SuperAdmin', async () => {
    const rows = await service.sql<{ name: string }>(
      'SELECT name FROM privilege WHERE deleted_at IS NULL ORDER BY id',
    );
    expect(await heldBy(await service.factory.roleId('SuperAdmin'))).toEqual(rows.map(({ name }) => name));
  });

  it('S75: answers 404 for a role that never was and for a deleted one', async () => {
    const { token } = await service.factory.superAdmin();
    const deleted = await service.factory.role();
    await service.api.delete(`/roles/${deleted}`, { token });
    for (const id of [deleted, 2_147_483_647]) {
      const response = await service.api.get<Problem>(`/roles/${id}/privileges`, { token });
      expect(response.status).toBe(404);
      expect(response.body.code).toBe('role_not_found');
    }
  });
});

describe('PUT /roles/{id}/privileges', () => {
  const path = (roleId: number) => `/roles/${roleId}/privileges`;
  refusesStrangers(app, { method: 'PUT', path: path(1), body: { privilegeIds: [] } }, 'roles.grant');

  it('makes the list the whole set and answers it', async () => {
    const { token } = await service.factory.superAdmin();
    const roleId = await service.factory.role('users.read', 'roles.read');
    const privilegeIds = await idsOf('users.read', 'users.create');
    const response = await service.api.put<Page<Privilege>>(path(roleId), { token, body: { privilegeIds } });
    expect(response.status).toBe(200);
    expect(response.body.items.map(({ id }) => id)).toEqual(privilegeIds.toSorted((a, b) => a - b));
    expect((await heldBy(roleId)).toSorted()).toEqual(['users.create', 'users.read']);
    const emptied = await service.api.put(path(roleId), { token, body: { privilegeIds: [] } });
    expect(emptied.body).toEqual({ items: [] });
    expect(await heldBy(roleId)).toEqual([]);
  });

  it('leaves one audit entry and one event for all of it, and none when nothing changes', async () => {
    const admin = await service.factory.superAdmin();
    const roleId = await service.factory.role('roles.read');
    const privilegeIds = await idsOf('users.read', 'users.create');
    const put = () =>
      traces(service, () => service.api.put(path(roleId), { token: admin.token, body: { privilegeIds } }));
    const { audit, outbox, transactions } = await put();
    expect(audit).toMatchObject([
      { action: 'role.privileges_changed', actor: admin.id, subject: `role ${roleId}`, outcome: 'success' },
    ]);
    expect(outbox).toEqual([{ type: 'role.privileges_changed', subject: `role ${roleId}` }]);
    const rows = await service.sql<{ tx: string; created_by: number | null; updated_by: number }>(
      `SELECT xmin::text AS tx, created_by, updated_by FROM role_privilege WHERE role_id = $1 ORDER BY id`,
      [roleId],
    );
    expect([...new Set(rows.map(({ tx }) => tx))]).toEqual(transactions);
    // The first was made by nobody and ended by the actor, the others are the actor's.
    expect(rows.map(({ created_by }) => created_by)).toEqual([null, admin.id, admin.id]);
    expect(rows.map(({ updated_by }) => updated_by)).toEqual([admin.id, admin.id, admin.id]);
    const [message] = await service.sql<{ payload: object }>(
      'SELECT payload FROM outbox ORDER BY id DESC LIMIT 1',
    );
    expect(message?.payload).toEqual({
      id: roleId,
      granted: ['users.read', 'users.create'],
      revoked: ['roles.read'],
    });
    expect((await put()).transactions).toEqual([]);
  });

  it('S65: refuses to grant what the actor does not hold, and changes nothing', async () => {
    const { token } = await service.factory.userWith('roles.grant', 'users.read');
    const roleId = await service.factory.role('users.read');
    const privilegeIds = await idsOf('users.read', 'users.delete');
    const { result, transactions } = await traces(service, () =>
      service.api.put<Problem>(path(roleId), { token, body: { privilegeIds } }),
    );
    expect(result.status).toBe(403);
    expect(result.body.code).toBe('privilege_not_held');
    expect(result.body.detail).toContain('users.delete');
    expect(transactions).toEqual([]);
    expect(await heldBy(roleId)).toEqual(['users.read']);
  });

  it('S65: refuses to weaken a role that holds a privilege the actor lacks', async () => {
    const { token } = await service.factory.userWith('roles.grant', 'users.read');
    const roleId = await service.factory.role('users.read', 'users.delete');
    const privilegeIds = await idsOf('users.read');
    const response = await service.api.put<Problem>(path(roleId), { token, body: { privilegeIds } });
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('privilege_not_held');
    expect((await heldBy(roleId)).toSorted()).toEqual(['users.delete', 'users.read']);
  });

  it('S65: refuses to change the own role, even to what it holds', async () => {
    const user = await service.factory.userWith('roles.grant');
    const privilegeIds = await idsOf('roles.grant');
    const response = await service.api.put<Problem>(path(user.roleId), {
      token: user.token,
      body: { privilegeIds },
    });
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('own_role');
  });

  it('lets nobody change what SuperAdmin holds', async () => {
    const { token } = await service.factory.userWithAllBut();
    const roleId = await service.factory.roleId('SuperAdmin');
    const response = await service.api.put<Problem>(path(roleId), { token, body: { privilegeIds: [] } });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('system_role');
  });

  it('answers 422 when one of the privileges does not exist or no longer, and changes nothing', async () => {
    const { token } = await service.factory.superAdmin();
    const roleId = await service.factory.role('users.read');
    const name = service.factory.unique('gone');
    const deleted = await service.api.post<Privilege>('/privileges', { token, body: { name } });
    await service.api.delete(`/privileges/${deleted.body.id}`, { token });
    for (const unknown of [deleted.body.id, 2_147_483_647]) {
      const privilegeIds = [await idOf('roles.read'), unknown];
      const response = await service.api.put<Problem>(path(roleId), { token, body: { privilegeIds } });
      expect(response.status).toBe(422);
      expect(response.body.code).toBe('unknown_privilege');
      expect(response.body.detail).toContain(String(unknown));
    }
    expect(await heldBy(roleId)).toEqual(['users.read']);
  });

  it('answers 404 for a role that is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await service.api.put<Problem>(path(2_147_483_647), {
      token,
      body: { privilegeIds: [] },
    });
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('role_not_found');
  });

  it.each([
    ['an id twice', [1, 1]],
    ['more than 1,000 ids', Array.from({ length: 1_001 }, (_, n) => n + 1)],
    ['an id that is none', [0]],
    ['a fraction', [1.5]],
    ['an id beyond the range', [2_147_483_648]],
  ])('refuses %s', async (_, privilegeIds) => {
    const { token } = await service.factory.userWith('roles.grant');
    const roleId = await service.factory.role();
    const response = await service.api.put(path(roleId), { token, body: { privilegeIds } });
    expect(response.status).toBe(400);
  });

  it('ends as one of the sets that were put at once, never as a mixture', async () => {
    const { token } = await service.factory.superAdmin();
    const roleId = await service.factory.role();
    const sets = [await idsOf('users.read', 'users.create'), await idsOf('roles.read', 'users.create')];
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        service.api.put(path(roleId), { token, body: { privilegeIds: sets[n % 2] } }),
      ),
    );
    expect(tally(responses)).toEqual({ 200: 10 });
    const held = (await heldBy(roleId)).toSorted();
    expect([
      ['users.create', 'users.read'],
      ['roles.read', 'users.create'],
    ]).toContainEqual(held);
  });
});

describe.each(['PUT', 'DELETE'])('%s /roles/{id}/privileges/{privilegeId}', (method) => {
  const grants = method === 'PUT';
  const path = (roleId: number, privilegeId: number) => `/roles/${roleId}/privileges/${privilegeId}`;
  const call = (token: string, roleId: number, privilegeId: number) =>
    service.api.call<Problem>(method, path(roleId, privilegeId), { token });
  /** A role for which the call has something to do. */
  const ready = (privilege: string, ...more: string[]) =>
    service.factory.role(...more, ...(grants ? [] : [privilege]));

  refusesStrangers(app, { method, path: path(1, 1) }, 'roles.grant');

  it(`${grants ? 'grants' : 'takes away'} the one privilege and leaves the others`, async () => {
    const { token } = await service.factory.superAdmin();
    const roleId = await ready('users.read', 'roles.read');
    expect((await call(token, roleId, await idOf('users.read'))).status).toBe(204);
    expect((await heldBy(roleId)).toSorted()).toEqual(grants ? ['roles.read', 'users.read'] : ['roles.read']);
  });

  it('leaves one audit entry and one event, and none the second time', async () => {
    const admin = await service.factory.superAdmin();
    const roleId = await ready('users.read');
    const privilegeId = await idOf('users.read');
    const once = await traces(service, () => call(admin.token, roleId, privilegeId));
    expect(once.result.status).toBe(204);
    expect(once.audit).toMatchObject([
      { action: 'role.privileges_changed', actor: admin.id, subject: `role ${roleId}` },
    ]);
    expect(once.outbox).toEqual([{ type: 'role.privileges_changed', subject: `role ${roleId}` }]);
    expect(once.transactions).toHaveLength(1);
    const again = await traces(service, () => call(admin.token, roleId, privilegeId));
    expect(again.result.status).toBe(204);
    expect(again.transactions).toEqual([]);
  });

  it('S65: refuses a privilege the actor does not hold', async () => {
    const { token } = await service.factory.userWith('roles.grant');
    const roleId = await ready('users.delete');
    const { result, transactions } = await traces(service, async () =>
      call(token, roleId, await idOf('users.delete')),
    );
    expect(result.status).toBe(403);
    expect(result.body.code).toBe('privilege_not_held');
    expect(transactions).toEqual([]);
  });

  it('S65: refuses to change a role that holds another privilege the actor lacks', async () => {
    const { token } = await service.factory.userWith('roles.grant', 'users.read');
    const roleId = await ready('users.read', 'users.delete');
    const response = await call(token, roleId, await idOf('users.read'));
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('privilege_not_held');
  });

  it('S65: refuses to change the own role', async () => {
    const user = await service.factory.userWith('roles.grant');
    const response = await call(user.token, user.roleId, await idOf(grants ? 'users.read' : 'roles.grant'));
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('own_role');
  });

  it('lets nobody change what SuperAdmin holds', async () => {
    const { token } = await service.factory.userWithAllBut();
    const response = await call(token, await service.factory.roleId('SuperAdmin'), await idOf('users.read'));
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('system_role');
  });

  it('answers 404 for a role or a privilege that is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const noRole = await call(token, 2_147_483_647, await idOf('users.read'));
    expect(noRole.status).toBe(404);
    expect(noRole.body.code).toBe('role_not_found');
    const noPrivilege = await call(token, await service.factory.role(), 2_147_483_647);
    expect(noPrivilege.status).toBe(404);
    expect(noPrivilege.body.code).toBe('privilege_not_found');
  });

  it('changes the role once when it is asked many times at once', async () => {
    const { token } = await service.factory.superAdmin();
    const roleId = await ready('users.read');
    const privilegeId = await idOf('users.read');
    const { result, audit, outbox } = await traces(service, () =>
      Promise.all(Array.from({ length: 20 }, () => call(token, roleId, privilegeId))),
    );
    expect(tally(result)).toEqual({ 204: 20 });
    expect([audit.length, outbox.length]).toEqual([1, 1]);
    expect(await heldBy(roleId)).toEqual(grants ? ['users.read'] : []);
  });
});

describe('a change of what a role holds', () => {
  it('S67: counts on the very next request of every instance, in both directions', async () => {
    const other = await startApp({ databaseUrl: service.databaseUrl });
    try {
      const admin = await service.factory.superAdmin();
      const user = await service.factory.userWith('users.read');
      const path = `/roles/${user.roleId}/privileges/${await idOf('users.read')}`;
      const answers = async () => {
        const both = [service, other].map(({ api }) => api.get('/users?limit=1', { token: user.token }));
        return (await Promise.all(both)).map(({ status }) => status);
      };
      for (let round = 0; round < 15; round += 1) {
        await service.api.delete(path, { token: admin.token });
        expect(await answers()).toEqual([403, 403]);
        await other.api.put(path, { token: admin.token });
        expect(await answers()).toEqual([200, 200]);
      }
    } finally {
      await other.close();
    }
  });
});
