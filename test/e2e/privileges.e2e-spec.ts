import { startApp, type TestApp } from '../support/app.js';
import { refusesStrangers } from './guarded.js';
import { type Page, type Privilege, type Problem, walk, tally } from './shapes.js';
import { traces, writerOf } from './traces.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { WORKER: 'off' } });
});
afterAll(() => service.close());

const app = () => service;

/** A privilege of the team's own software, that is, one that the service does not check. */
async function newPrivilege(
  token: string,
  name = service.factory.unique('reports.read'),
): Promise<Privilege> {
  const response = await service.api.post<Privilege>('/privileges', {
    token,
    body: { name },
  });
  if (response.status !== 201) throw new Error(response.text);
  return response.body;
}

async function idOf(name: string): Promise<number> {
  const [row] = await service.sql<{ id: number }>('SELECT id FROM privilege WHERE name = $1', [name]);
  return row?.id ?? 0;
}

describe('GET /privileges', () => {
  refusesStrangers(app, { method: 'GET', path: '/privileges' }, 'privileges.read');

  it('lists what the code declares', async () => {
    const { token } = await service.factory.userWith('privileges.read');
    const { body } = await service.api.get<Page<Privilege>>('/privileges?limit=100', { token });
    expect(body.items.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['users.read', 'roles.grant', 'privileges.delete', 'access.check']),
    );
  });

  it('walks every privilege once, in the order that was asked for', async () => {
    const { token } = await service.factory.superAdmin();
    for (const suffix of ['c', 'a', 'b']) await newPrivilege(token, service.factory.unique(`walk.${suffix}`));
    const expected = await service.sql<{ name: string }>(
      'SELECT name FROM privilege WHERE deleted_at IS NULL ORDER BY name DESC, id DESC',
    );
    const pages = await walk<Privilege>(service, token, '/privileges', 'limit=3&sort=-name');
    expect(pages.every((page) => page.length <= 3)).toBe(true);
    const seen = pages.flat().map(({ name }) => name);
    expect(seen).toEqual(expected.map(({ name }) => name));
  });

  it('counts the rows when asked to', async () => {
    const { token } = await service.factory.userWith('privileges.read');
    const [row] = await service.sql<{ count: string }>(
      'SELECT count(*) FROM privilege WHERE deleted_at IS NULL',
    );
    const { body } = await service.api.get<Page<Privilege>>('/privileges?total=true&limit=1', { token });
    expect(body.total).toEqual({ value: Number(row?.count), exact: true });
    expect((await service.api.get<Page<Privilege>>('/privileges', { token })).body.total).toBeUndefined();
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=1e1',
    'limit=',
    'sort=description',
    'sort=--id',
    'total=1',
    'page=2',
  ])('S71: refuses the query %s', async (query) => {
    const { token } = await service.factory.userWith('privileges.read');
    const response = await service.api.get<Problem>(`/privileges?${query}`, {
      token,
    });
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('validation_failed');
  });

  it('S75: leaves deleted privileges out', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await newPrivilege(token);
    await service.api.delete(`/privileges/${id}`, { token });
    const { body } = await service.api.get<Page<Privilege>>('/privileges?limit=100', { token });
    expect(body.items.map((privilege) => privilege.id)).not.toContain(id);
  });
});

describe('POST /privileges', () => {
  refusesStrangers(
    app,
    { method: 'POST', path: '/privileges', body: { name: 'never.made' } },
    'privileges.create',
  );

  it('creates a privilege that SuperAdmin holds at once', async () => {
    const admin = await service.factory.superAdmin();
    const name = service.factory.unique('reports.write');
    const response = await service.api.post<Privilege>('/privileges', {
      token: admin.token,
      body: { name, description: 'Write reports' },
    });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({ name, description: 'Write reports' });
    const check = await service.api.post<{ results: boolean[] }>('/access/check', {
      token: admin.token,
      body: { checks: [{ privilege: name }] },
    });
    expect(check.body.results).toEqual([true]);
  });

  it('leaves one audit entry and one event, written with the row', async () => {
    const admin = await service.factory.superAdmin();
    const { result, audit, outbox, transactions } = await traces(service, () =>
      service.api.post<Privilege>('/privileges', {
        token: admin.token,
        body: { name: service.factory.unique('traced') },
      }),
    );
    const { id } = result.body;
    const requestId = result.headers['x-request-id'];
    const subject = `privilege ${id}`;
    expect(audit).toEqual([
      {
        action: 'privilege.created',
        actor: admin.id,
        subject,
        outcome: 'success',
        requestId,
      },
    ]);
    expect(outbox).toEqual([{ type: 'privilege.created', subject }]);
    expect(transactions).toEqual([await writerOf(service, 'privilege', id)]);
  });

  it('S74: takes the author from the token', async () => {
    const admin = await service.factory.superAdmin();
    const { id } = await newPrivilege(admin.token);
    const rows = await service.sql('SELECT created_by, updated_by FROM privilege WHERE id = $1', [id]);
    expect(rows).toEqual([{ created_by: admin.id, updated_by: admin.id }]);
  });

  it('answers 409 for a name that is taken, and leaves no trace', async () => {
    const { token } = await service.factory.superAdmin();
    const { name } = await newPrivilege(token);
    const { result, audit, outbox } = await traces(service, () =>
      service.api.post<Problem>('/privileges', { token, body: { name } }),
    );
    expect(result.status).toBe(409);
    expect(result.body.code).toBe('privilege_name_taken');
    expect({ audit, outbox }).toEqual({ audit: [], outbox: [] });
  });

  it('S73: creates one of many privileges that are created at once with one name', async () => {
    const { token } = await service.factory.superAdmin();
    const name = service.factory.unique('raced');
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => service.api.post('/privileges', { token, body: { name } })),
    );
    expect(tally(responses)).toEqual({ 201: 1, 409: 19 });
  });

  it('S73: takes the name of a deleted privilege, and the new one is held by nobody', async () => {
    const { token } = await service.factory.superAdmin();
    const old = await newPrivilege(token);
    const holder = await service.factory.userWith(old.name);
    await service.api.delete(`/privileges/${old.id}`, { token });
    const renewed = await newPrivilege(token, old.name);
    expect(renewed.id).not.toBe(old.id);
    const { body } = await service.api.get<Page<Privilege>>('/users/me/privileges', { token: holder.token });
    expect(body.items).toEqual([]);
  });

  it.each([
    '',
    ' ',
    'Reports',
    'reports read',
    'reports.',
    '.reports',
    'a'.repeat(65),
    'réports',
    'a\u0000b',
  ])('refuses the name %j', async (name) => {
    const { token } = await service.factory.userWith('privileges.create');
    const response = await service.api.post<Problem>('/privileges', {
      token,
      body: { name },
    });
    expect(response.status).toBe(400);
    expect(response.body.errors).toEqual([expect.objectContaining({ field: 'name' })]);
  });
});

describe('GET /privileges/{id}', () => {
  refusesStrangers(app, { method: 'GET', path: '/privileges/1' }, 'privileges.read');

  it('answers the privilege', async () => {
    const { token } = await service.factory.superAdmin();
    const privilege = await newPrivilege(token);
    const response = await service.api.get<Privilege>(`/privileges/${privilege.id}`, { token });
    expect(response.status).toBe(200);
    expect(response.body).toEqual(privilege);
  });

  it('S75: answers 404 for one that never was and for a deleted one', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await newPrivilege(token);
    await service.api.delete(`/privileges/${id}`, { token });
    for (const gone of [id, 2_147_483_647]) {
      const response = await service.api.get<Problem>(`/privileges/${gone}`, {
        token,
      });
      expect(response.status).toBe(404);
      expect(response.body.code).toBe('privilege_not_found');
    }
  });
});

describe('PATCH /privileges/{id}', () => {
  const body = { description: 'never written' };
  refusesStrangers(app, { method: 'PATCH', path: '/privileges/1', body }, 'privileges.update');

  it('changes what is sent and nothing else', async () => {
    const { token } = await service.factory.superAdmin();
    const { id, name } = await newPrivilege(token);
    const described = await service.api.patch<Privilege>(`/privileges/${id}`, {
      token,
      body: { description: 'Reads' },
    });
    expect(described.body).toMatchObject({ id, name, description: 'Reads' });
    const renamed = service.factory.unique('renamed');
    const response = await service.api.patch<Privilege>(`/privileges/${id}`, {
      token,
      body: { name: renamed },
    });
    expect(response.body).toMatchObject({
      id,
      name: renamed,
      description: 'Reads',
    });
    const cleared = await service.api.patch<Privilege>(`/privileges/${id}`, {
      token,
      body: { description: null },
    });
    expect(cleared.body).toMatchObject({
      id,
      name: renamed,
      description: null,
    });
  });

  it('does not rename what a role holds: it would have another right. Once none does, it can be renamed', async () => {
    const { token } = await service.factory.superAdmin();
    const { id, name } = await newPrivilege(token);
    const holder = await service.factory.userWith(name);
    const renamed = service.factory.unique('renamed');
    const rename = () =>
      service.api.patch<Problem & Privilege>(`/privileges/${id}`, { token, body: { name: renamed } });
    const { result, transactions } = await traces(service, rename);
    expect([result.status, result.body.code]).toEqual([409, 'privilege_in_use']);
    expect(transactions).toEqual([]);
    const check = await service.api.post<{ results: boolean[] }>('/access/check', {
      token: holder.token,
      body: { checks: [{ privilege: name }, { privilege: renamed }] },
    });
    expect(check.body.results).toEqual([true, false]);
    const described = await service.api.patch<Privilege>(`/privileges/${id}`, {
      token,
      body: { name, description: 'The same name' },
    });
    expect(described.body).toMatchObject({ name, description: 'The same name' });

    await service.api.delete(`/roles/${holder.roleId}/privileges/${id}`, { token });
    expect((await rename()).body).toMatchObject({ id, name: renamed });
  });

  it('S65: renames nothing for somebody who does not hold it', async () => {
    const owner = await service.factory.superAdmin();
    const { id, name } = await newPrivilege(owner.token);
    const { token } = await service.factory.userWith('privileges.update');
    const rename = await service.api.patch<Problem>(`/privileges/${id}`, {
      token,
      body: { name: service.factory.unique('renamed') },
    });
    expect([rename.status, rename.body.code]).toEqual([403, 'privilege_required']);
    expect(rename.body.detail).toContain(name);
    const described = await service.api.patch(`/privileges/${id}`, { token, body: { description: 'Fine' } });
    expect(described.status).toBe(200);
  });

  it('leaves one audit entry and one event, and none when nothing was sent', async () => {
    const admin = await service.factory.superAdmin();
    const { id } = await newPrivilege(admin.token);
    const patch = (change: object) =>
      traces(service, () =>
        service.api.patch(`/privileges/${id}`, {
          token: admin.token,
          body: change,
        }),
      );
    const written = await patch({ description: 'Traced' });
    expect(written.audit).toMatchObject([{ action: 'privilege.updated', actor: admin.id }]);
    expect(written.outbox).toEqual([{ type: 'privilege.updated', subject: `privilege ${id}` }]);
    expect(written.transactions).toEqual([await writerOf(service, 'privilege', id)]);
    const empty = await patch({});
    expect(empty.result.status).toBe(200);
    expect(empty.transactions).toEqual([]);
  });

  it('protects the privileges that the code checks', async () => {
    const { token } = await service.factory.superAdmin();
    const { result, transactions } = await traces(service, async () =>
      service.api.patch<Problem>(`/privileges/${await idOf('users.read')}`, {
        token,
        body: { name: 'users.look' },
      }),
    );
    expect(result.status).toBe(409);
    expect(result.body.code).toBe('privilege_protected');
    expect(transactions).toEqual([]);
  });

  it('answers 409 for a name that is taken', async () => {
    const { token } = await service.factory.superAdmin();
    const [one, other] = [await newPrivilege(token), await newPrivilege(token)];
    const response = await service.api.patch<Problem>(`/privileges/${one.id}`, {
      token,
      body: { name: other.name },
    });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('privilege_name_taken');
  });

  it('answers 404 for a privilege that is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await service.api.patch<Problem>('/privileges/2147483647', { token, body });
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('privilege_not_found');
  });
});

describe('DELETE /privileges/{id}', () => {
  refusesStrangers(app, { method: 'DELETE', path: '/privileges/1' }, 'privileges.delete');

  it('takes the privilege from everybody on the next request', async () => {
    const { token } = await service.factory.superAdmin();
    const { id, name } = await newPrivilege(token);
    const holder = await service.factory.userWith(name);
    const held = () =>
      service.api.post<{ results: boolean[] }>('/access/check', {
        token: holder.token,
        body: { checks: [{ privilege: name }] },
      });
    expect((await held()).body.results).toEqual([true]);
    const response = await service.api.delete(`/privileges/${id}`, { token });
    expect(response.status).toBe(204);
    expect((await held()).body.results).toEqual([false]);
  });

  it('S65: deletes nothing for somebody who does not hold it', async () => {
    const owner = await service.factory.superAdmin();
    const { id, name } = await newPrivilege(owner.token);
    const remover = await service.factory.userWith('privileges.delete');
    const response = await service.api.delete<Problem>(`/privileges/${id}`, { token: remover.token });
    expect([response.status, response.body.code]).toEqual([403, 'privilege_required']);
    expect(response.body.detail).toContain(name);
    const holder = await service.factory.userWith('privileges.delete', name);
    expect((await service.api.delete(`/privileges/${id}`, { token: holder.token })).status).toBe(204);
  });

  it('keeps the row, marked as deleted, and leaves one audit entry and one event', async () => {
    const admin = await service.factory.superAdmin();
    const { id } = await newPrivilege(admin.token);
    const { audit, outbox, transactions } = await traces(service, () =>
      service.api.delete(`/privileges/${id}`, { token: admin.token }),
    );
    expect(audit).toMatchObject([
      {
        action: 'privilege.deleted',
        actor: admin.id,
        subject: `privilege ${id}`,
        outcome: 'success',
      },
    ]);
    expect(outbox).toEqual([{ type: 'privilege.deleted', subject: `privilege ${id}` }]);
    expect(transactions).toEqual([await writerOf(service, 'privilege', id)]);
    const rows = await service.sql('SELECT deleted_at, updated_by FROM privilege WHERE id = $1', [id]);
    expect(rows).toEqual([{ deleted_at: expect.any(Date), updated_by: admin.id }]);
  });

  it('protects the privileges that the code checks', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await service.api.delete<Problem>(`/privileges/${await idOf('users.read')}`, { token });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('privilege_protected');
  });

  it('answers 404 the second time', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await newPrivilege(token);
    await service.api.delete(`/privileges/${id}`, { token });
    const response = await service.api.delete<Problem>(`/privileges/${id}`, {
      token,
    });
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('privilege_not_found');
  });

  it('deletes one of many that are deleted at once, once each', async () => {
    const { token } = await service.factory.superAdmin();
    const privileges = await Promise.all(Array.from({ length: 8 }, () => newPrivilege(token)));
    const names = privileges.map(({ name }) => name);
    await Promise.all(Array.from({ length: 4 }, () => service.factory.role(...names)));
    const responses = await Promise.all(
      privileges.flatMap(({ id }) => [
        service.api.delete(`/privileges/${id}`, { token }),
        service.api.delete(`/privileges/${id}`, { token }),
      ]),
    );
    expect(tally(responses)).toEqual({ 204: 8, 404: 8 });
  });
});
