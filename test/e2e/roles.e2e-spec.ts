import { startApp, type TestApp } from '../support/app.js';
import { refusesStrangers } from './guarded.js';
import { type Page, type Privilege, type Problem, type Role, walk, tally } from './shapes.js';
import { traces, writerOf } from './traces.js';

const SYSTEM_ROLES = ['SuperAdmin', 'Admin', 'Staff', 'User'];

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { WORKER: 'off' } });
});
afterAll(() => service.close());

const app = () => service;

async function newRole(token: string, name = service.factory.unique('Role')): Promise<Role> {
  const response = await service.api.post<Role>('/roles', { token, body: { name } });
  if (response.status !== 201) throw new Error(response.text);
  return response.body;
}

describe('GET /roles', () => {
  refusesStrangers(app, { method: 'GET', path: '/roles' }, 'roles.read');

  it('lists the roles of the service, marked as its own', async () => {
    const { token } = await service.factory.userWith('roles.read');
    const { body } = await service.api.get<Page<Role>>('/roles?limit=4', { token });
    expect(body.items.map(({ name, isSystem }) => ({ name, isSystem }))).toEqual(
      SYSTEM_ROLES.map((name) => ({ name, isSystem: true })),
    );
  });

  it.each([
    ['id', 'id ASC'],
    ['-createdAt', 'created_at DESC, id DESC'],
    ['name', 'name_key ASC, id ASC'],
  ])('walks every role once in the order %s', async (sort, order) => {
    const { token } = await service.factory.superAdmin();
    for (let n = 0; n < 5; n += 1) await newRole(token);
    const expected = await service.sql<{ id: number }>(
      `SELECT id FROM role WHERE deleted_at IS NULL ORDER BY ${order}`,
    );
    const pages = await walk<Role>(service, token, '/roles', `limit=2&sort=${sort}`);
    expect(pages.flat().map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  it('counts the rows when asked to', async () => {
    const { token } = await service.factory.userWith('roles.read');
    const [row] = await service.sql<{ count: string }>('SELECT count(*) FROM role WHERE deleted_at IS NULL');
    const { body } = await service.api.get<Page<Role>>('/roles?total=true&limit=1', { token });
    expect(body.total).toEqual({ value: Number(row?.count), exact: true });
  });

  it('S75: leaves deleted roles out', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await newRole(token);
    await service.api.delete(`/roles/${id}`, { token });
    const pages = await walk<Role>(service, token, '/roles', 'limit=100');
    expect(pages.flat().map((role) => role.id)).not.toContain(id);
  });

  it.each(['limit=0', 'limit=101', 'sort=version', 'sort=deletedAt', 'isSystem=true'])(
    'S71: refuses the query %s',
    async (query) => {
      const { token } = await service.factory.userWith('roles.read');
      const response = await service.api.get<Problem>(`/roles?${query}`, { token });
      expect(response.status).toBe(400);
      expect(response.body.code).toBe('validation_failed');
    },
  );
});

describe('POST /roles', () => {
  refusesStrangers(app, { method: 'POST', path: '/roles', body: { name: 'Never made' } }, 'roles.create');

  it('creates a role that holds nothing', async () => {
    const { token } = await service.factory.userWith('roles.create', 'roles.read');
    const name = service.factory.unique('Reporter');
    const response = await service.api.post<Role>('/roles', {
      token,
      body: { name: `  ${name} `, description: 'Writes reports' },
    });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({ name, description: 'Writes reports', isSystem: false });
    const held = await service.api.get<Page<Privilege>>(`/roles/${response.body.id}/privileges`, { token });
    expect(held.body.items).toEqual([]);
  });

  it('leaves one audit entry and one event, written with the row', async () => {
    const admin = await service.factory.superAdmin();
    const { result, audit, outbox, transactions } = await traces(service, () =>
      service.api.post<Role>('/roles', {
        token: admin.token,
        body: { name: service.factory.unique('Traced') },
      }),
    );
    const subject = `role ${result.body.id}`;
    const requestId = result.headers['x-request-id'];
    expect(audit).toEqual([
      { action: 'role.created', actor: admin.id, subject, outcome: 'success', requestId },
    ]);
    expect(outbox).toEqual([{ type: 'role.created', subject }]);
    expect(transactions).toEqual([await writerOf(service, 'role', result.body.id)]);
  });

  it('S74: takes the author from the token', async () => {
    const admin = await service.factory.superAdmin();
    const { id } = await newRole(admin.token);
    const rows = await service.sql('SELECT created_by, updated_by FROM role WHERE id = $1', [id]);
    expect(rows).toEqual([{ created_by: admin.id, updated_by: admin.id }]);
  });

  it('answers 409 for a name that is taken, whatever the case, and leaves no trace', async () => {
    const { token } = await service.factory.superAdmin();
    const { name } = await newRole(token);
    for (const taken of [name, name.toUpperCase(), name.toLowerCase(), 'superadmin', 'ADMIN']) {
      const { result, transactions } = await traces(service, () =>
        service.api.post<Problem>('/roles', { token, body: { name: taken } }),
      );
      expect(result.status).toBe(409);
      expect(result.body.code).toBe('role_name_taken');
      expect(transactions).toEqual([]);
    }
  });

  it('S73: creates one of many roles that are created at once with one name in mixed case', async () => {
    const { token } = await service.factory.superAdmin();
    const name = service.factory.unique('Raced');
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        service.api.post('/roles', { token, body: { name: n % 2 ? name : name.toUpperCase() } }),
      ),
    );
    expect(tally(responses)).toEqual({ 201: 1, 409: 19 });
  });

  it.each(['', '   ', 'a'.repeat(65), 'Line\nbreak', 'Nul\u0000', 'Bell\u0007'])(
    'refuses the name %j',
    async (name) => {
      const { token } = await service.factory.userWith('roles.create');
      const response = await service.api.post<Problem>('/roles', { token, body: { name } });
      expect(response.status).toBe(400);
      expect(response.body.errors).toEqual([expect.objectContaining({ field: 'name' })]);
    },
  );
});

describe('GET /roles/{id}', () => {
  refusesStrangers(app, { method: 'GET', path: '/roles/1' }, 'roles.read');

  it('answers the role', async () => {
    const { token } = await service.factory.superAdmin();
    const role = await newRole(token);
    const response = await service.api.get<Role>(`/roles/${role.id}`, { token });
    expect(response.status).toBe(200);
    expect(response.body).toEqual(role);
  });

  it('S75: answers 404 for one that never was and for a deleted one', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await newRole(token);
    await service.api.delete(`/roles/${id}`, { token });
    for (const gone of [id, 2_147_483_647]) {
      const response = await service.api.get<Problem>(`/roles/${gone}`, { token });
      expect(response.status).toBe(404);
      expect(response.body.code).toBe('role_not_found');
    }
  });
});

describe('PATCH /roles/{id}', () => {
  const body = { description: 'never written' };
  refusesStrangers(app, { method: 'PATCH', path: '/roles/1', body }, 'roles.update');

  it('changes what is sent and nothing else', async () => {
    const { token } = await service.factory.superAdmin();
    const { id, name } = await newRole(token);
    const patch = (change: object) => service.api.patch<Role>(`/roles/${id}`, { token, body: change });
    expect((await patch({ description: 'First' })).body).toMatchObject({ id, name, description: 'First' });
    const renamed = service.factory.unique('Renamed');
    expect((await patch({ name: renamed })).body).toMatchObject({ name: renamed, description: 'First' });
    expect((await patch({ description: null })).body).toMatchObject({ name: renamed, description: null });
  });

  it('may change the case of a name', async () => {
    const { token } = await service.factory.superAdmin();
    const { id, name } = await newRole(token);
    const response = await service.api.patch<Role>(`/roles/${id}`, {
      token,
      body: { name: name.toUpperCase() },
    });
    expect(response.status).toBe(200);
    expect(response.body.name).toBe(name.toUpperCase());
  });

  it('leaves one audit entry and one event, and none when nothing was sent', async () => {
    const admin = await service.factory.superAdmin();
    const { id } = await newRole(admin.token);
    const patch = (change: object) =>
      traces(service, () => service.api.patch(`/roles/${id}`, { token: admin.token, body: change }));
    const written = await patch({ description: 'Traced' });
    expect(written.audit).toMatchObject([{ action: 'role.updated', actor: admin.id, subject: `role ${id}` }]);
    expect(written.outbox).toEqual([{ type: 'role.updated', subject: `role ${id}` }]);
    expect(written.transactions).toEqual([await writerOf(service, 'role', id)]);
    const empty = await patch({});
    expect(empty.result.status).toBe(200);
    expect(empty.transactions).toEqual([]);
  });

  it.each(SYSTEM_ROLES.slice(1))('lets nobody rename the system role %s, but describes it', async (name) => {
    const { token } = await service.factory.superAdmin();
    const id = await service.factory.roleId(name);
    const renamed = await service.api.patch<Problem>(`/roles/${id}`, {
      token,
      body: { name: service.factory.unique('Renamed') },
    });
    expect(renamed.status).toBe(409);
    expect(renamed.body.code).toBe('system_role');
    const described = await service.api.patch<Role>(`/roles/${id}`, { token, body: { description: name } });
    expect(described.status).toBe(200);
    expect(described.body).toMatchObject({ name, description: name, isSystem: true });
  });

  it('lets nobody rename SuperAdmin', async () => {
    const { token } = await service.factory.userWithAllBut();
    const response = await service.api.patch<Problem>(
      `/roles/${await service.factory.roleId('SuperAdmin')}`,
      { token, body: { name: 'Root' } },
    );
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('system_role');
  });

  it('S65: refuses to change the own role', async () => {
    const user = await service.factory.userWith('roles.update');
    const { result, transactions } = await traces(service, () =>
      service.api.patch<Problem>(`/roles/${user.roleId}`, { token: user.token, body }),
    );
    expect(result.status).toBe(403);
    expect(result.body.code).toBe('own_role');
    expect(transactions).toEqual([]);
  });

  it('S65: refuses to change a role that holds a privilege the actor lacks', async () => {
    const { token } = await service.factory.userWith('roles.update');
    const stronger = await service.factory.role('users.delete');
    const { result, transactions } = await traces(service, () =>
      service.api.patch<Problem>(`/roles/${stronger}`, { token, body }),
    );
    expect(result.status).toBe(403);
    expect(result.body.code).toBe('privilege_not_held');
    expect(transactions).toEqual([]);
  });

  it('answers 409 for a name that is taken', async () => {
    const { token } = await service.factory.superAdmin();
    const [one, other] = [await newRole(token), await newRole(token)];
    const response = await service.api.patch<Problem>(`/roles/${one.id}`, {
      token,
      body: { name: other.name.toUpperCase() },
    });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('role_name_taken');
  });

  it('answers 404 for a role that is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await service.api.patch<Problem>('/roles/2147483647', { token, body });
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('role_not_found');
  });
});

describe('DELETE /roles/{id}', () => {
  refusesStrangers(app, { method: 'DELETE', path: '/roles/1' }, 'roles.delete');

  it('keeps the row, marked as deleted, and leaves one audit entry and one event', async () => {
    const admin = await service.factory.superAdmin();
    const { id } = await newRole(admin.token);
    const { result, audit, outbox, transactions } = await traces(service, () =>
      service.api.delete(`/roles/${id}`, { token: admin.token }),
    );
    expect(result.status).toBe(204);
    expect(audit).toMatchObject([{ action: 'role.deleted', actor: admin.id, subject: `role ${id}` }]);
    expect(outbox).toEqual([{ type: 'role.deleted', subject: `role ${id}` }]);
    expect(transactions).toEqual([await writerOf(service, 'role', id)]);
    const rows = await service.sql('SELECT deleted_at, updated_by FROM role WHERE id = $1', [id]);
    expect(rows).toEqual([{ deleted_at: expect.any(Date), updated_by: admin.id }]);
  });

  it('S73: a role made again under the name has a new id and inherits nothing', async () => {
    const { token } = await service.factory.superAdmin();
    const old = await newRole(token);
    const [granted] = await service.sql<{ id: number }>(`SELECT id FROM privilege WHERE name = 'users.read'`);
    await service.api.put(`/roles/${old.id}/privileges/${granted?.id}`, { token });
    await service.api.delete(`/roles/${old.id}`, { token });
    const renewed = await newRole(token, old.name);
    expect(renewed.id).not.toBe(old.id);
    const held = await service.api.get<Page<Privilege>>(`/roles/${renewed.id}/privileges`, { token });
    expect(held.body.items).toEqual([]);
  });

  it.each(SYSTEM_ROLES.slice(1))('answers 409 for the system role %s', async (name) => {
    const { token } = await service.factory.superAdmin();
    const response = await service.api.delete<Problem>(`/roles/${await service.factory.roleId(name)}`, {
      token,
    });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('system_role');
  });

  it('answers 409 for SuperAdmin', async () => {
    const { token } = await service.factory.userWithAllBut();
    const id = await service.factory.roleId('SuperAdmin');
    const response = await service.api.delete<Problem>(`/roles/${id}`, { token });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('system_role');
  });

  it('answers 409 while users have the role, disabled ones too, and lets it go after the last', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await newRole(token);
    const user = await service.factory.user({ roleId: id, signIn: false });
    await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
    const { result, transactions } = await traces(service, () =>
      service.api.delete<Problem>(`/roles/${id}`, { token }),
    );
    expect(result.status).toBe(409);
    expect(result.body.code).toBe('role_in_use');
    expect(transactions).toEqual([]);
    await service.api.delete(`/users/${user.id}`, { token });
    expect((await service.api.delete(`/roles/${id}`, { token })).status).toBe(204);
  });

  it('S65: refuses to delete the own role', async () => {
    const user = await service.factory.userWith('roles.delete');
    const response = await service.api.delete<Problem>(`/roles/${user.roleId}`, { token: user.token });
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('own_role');
  });

  it('S65: refuses to delete a role that holds a privilege the actor lacks', async () => {
    const { token } = await service.factory.userWith('roles.delete');
    const response = await service.api.delete<Problem>(
      `/roles/${await service.factory.role('users.delete')}`,
      { token },
    );
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('privilege_not_held');
  });

  it('answers 404 the second time', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await newRole(token);
    await service.api.delete(`/roles/${id}`, { token });
    const response = await service.api.delete<Problem>(`/roles/${id}`, { token });
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('role_not_found');
  });

  it.each([0, 10, 19])(
    'never leaves a user with a role deleted meanwhile (%i users ahead)',
    async (ahead) => {
      const { token } = await service.factory.superAdmin();
      const { id } = await newRole(token);
      const create = () =>
        service.api.post('/users', {
          token,
          body: { firstName: 'Raced', roleId: id, email: service.factory.email() },
        });
      const creations = (count: number) => Array.from({ length: count }, create);
      const [before, deletion, after] = await Promise.all([
        Promise.all(creations(ahead)),
        service.api.delete(`/roles/${id}`, { token }),
        Promise.all(creations(20 - ahead)),
      ]);
      const created = [...before, ...after].map(({ status }) => status);
      expect(created.every((status) => status === 201 || status === 422)).toBe(true);
      expect(deletion.status).toBe(created.includes(201) ? 409 : 204);
      const orphans = await service.sql(
        `SELECT u.id FROM "user" u JOIN role r ON r.id = u.role_id
       WHERE u.deleted_at IS NULL AND r.deleted_at IS NOT NULL`,
      );
      expect(orphans).toEqual([]);
    },
  );

  it('never leaves a user who was given a role deleted meanwhile', async () => {
    const { token } = await service.factory.superAdmin();
    const users = await Promise.all(
      Array.from({ length: 10 }, () => service.factory.user({ signIn: false })),
    );
    const { id } = await newRole(token);
    const give = (user: { id: number }) =>
      service.api.patch(`/users/${user.id}`, { token, body: { roleId: id } });
    const [first, deletion, second] = await Promise.all([
      Promise.all(users.slice(0, 5).map(give)),
      service.api.delete(`/roles/${id}`, { token }),
      Promise.all(users.slice(5).map(give)),
    ]);
    const given = [...first, ...second].map(({ status }) => status);
    expect(given.every((status) => status === 200 || status === 422)).toBe(true);
    expect(deletion.status).toBe(given.includes(200) ? 409 : 204);
  });
});
