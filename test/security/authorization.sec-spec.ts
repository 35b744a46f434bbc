import { type Cluster, startCluster } from '../support/cluster.js';
import type { TestUser } from '../support/factory.js';
import { STORES } from '../support/redis.js';

describe.each(STORES)('authorization (%s)', (_store, env) => {
  let cluster: Cluster;
  let admin: TestUser;
  beforeAll(async () => {
    cluster = await startCluster(env);
    admin = await cluster.a.factory.superAdmin();
  });
  afterAll(() => cluster.close());

  const privilegeId = async (name: string): Promise<number> => {
    const rows = await cluster.a.sql<{ id: number }>('SELECT id FROM privilege WHERE name = $1', [name]);
    return rows[0]?.id ?? 0;
  };

  it('S67: a privilege granted or taken on one instance counts on the next request on the other, 500 rounds', async () => {
    const user = await cluster.b.factory.userWith();
    const path = `/roles/${user.roleId}/privileges/${await privilegeId('users.read')}`;
    const statuses = new Set<string>();
    // A round in which this process was late itself counts for nothing; what it answers counts.
    for (let prompt = 0, round = 0; prompt < 500; round += 1) {
      const method = round % 2 === 0 ? 'PUT' : 'DELETE';
      const changed = await cluster.a.api.call(method, path, { token: admin.token });
      const answeredAt = performance.now();
      const next = cluster.b.api.get('/users?limit=1', { token: user.token });
      if (performance.now() - answeredAt < 5) prompt += 1;
      statuses.add(`${method} ${changed.status} ${(await next).status}`);
    }
    expect([...statuses]).toEqual(['PUT 204 200', 'DELETE 204 403']);
  }, 60_000);

  it('S67: so does another role for a user, 30 rounds', async () => {
    const user = await cluster.b.factory.user();
    const [plain, reader] = [user.roleId, await cluster.a.factory.role('users.read')];
    const statuses: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      for (const roleId of [reader, plain]) {
        await cluster.a.api.patch(`/users/${user.id}`, { token: admin.token, body: { roleId } });
        statuses.push((await cluster.b.api.get('/users?limit=1', { token: user.token })).status);
      }
    }
    expect(statuses).toEqual(Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? 200 : 403)));
  }, 30_000);

  it('S67: a privilege that is deleted is gone from every role on the next request', async () => {
    const name = `tests.${cluster.a.factory.unique('p').replaceAll('-', '')}`;
    const made = await cluster.a.api.post<{ id: number }>('/privileges', {
      token: admin.token,
      body: { name },
    });
    expect(made.status).toBe(201);
    const user = await cluster.b.factory.userWith(name);
    const mine = async () =>
      (await cluster.b.api.get<{ items: { name: string }[] }>('/users/me/privileges', { token: user.token }))
        .body.items;
    expect((await mine()).map((privilege) => privilege.name)).toEqual([name]);
    const check = { token: user.token, body: { checks: [{ privilege: name }] } };
    expect((await cluster.b.api.post('/access/check', check)).body).toEqual({ results: [true] });
    await cluster.a.api.delete(`/privileges/${made.body.id}`, { token: admin.token });
    expect((await cluster.b.api.post('/access/check', check)).body).toEqual({ results: [false] });
  });

  it('S65: two last super admins who remove each other at once: one stays, 20 rounds of each way', async () => {
    const roleId = await cluster.a.factory.roleId('User');
    const ways: Record<
      string,
      (victim: TestUser, by: TestUser, index: number) => Promise<{ status: number }>
    > = {
      delete: (victim, by, index) =>
        cluster[index === 0 ? 'a' : 'b'].api.delete(`/users/${victim.id}`, { token: by.token }),
      disable: (victim, by, index) =>
        cluster[index === 0 ? 'a' : 'b'].api.patch(`/users/${victim.id}`, {
          token: by.token,
          body: { isActive: false },
        }),
      demote: (victim, by, index) =>
        cluster[index === 0 ? 'a' : 'b'].api.patch(`/users/${victim.id}`, {
          token: by.token,
          body: { roleId },
        }),
    };
    const others = `SELECT u.id FROM "user" u JOIN role r ON r.id = u.role_id
      WHERE r.name = 'SuperAdmin' AND u.is_active AND u.deleted_at IS NULL`;
    const setAside = await cluster.a.sql<{ id: number }>(others);
    await cluster.a.sql('UPDATE "user" SET is_active = false WHERE id = ANY($1::int[])', [
      setAside.map(({ id }) => id),
    ]);
    for (const [way, remove] of Object.entries(ways)) {
      for (let round = 0; round < 20; round += 1) {
        const [one, two] = [await cluster.a.factory.superAdmin(), await cluster.b.factory.superAdmin()];
        const answers = await Promise.all([remove(two, one, 0), remove(one, two, 1)]);
        const left = await cluster.a.sql<{ id: number }>(others);
        expect([way, left.length]).toEqual([way, 1]);
        expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
        await cluster.a.sql('UPDATE "user" SET is_active = false WHERE id = $1', [left[0]?.id]);
      }
    }
    await cluster.a.sql('UPDATE "user" SET is_active = true WHERE id = ANY($1::int[])', [
      setAside.map(({ id }) => id),
    ]);
  }, 60_000);

  it('S65: nobody changes their own role or state, nor grants what they lack, nor edits the stronger', async () => {
    const { api, factory } = cluster.a;
    const clerk = await factory.userWith(
      'users.read',
      'users.update',
      'roles.grant',
      'roles.update',
      'users.create',
      'users.delete',
    );
    const { token } = clerk;
    const roleId = await factory.roleId('SuperAdmin');
    const strongRole = await factory.role('roles.delete');
    const strong = await factory.user({ roleId: strongRole });
    const weakRole = await factory.role();
    const weak = await factory.user({ roleId: weakRole });
    const lacked = await privilegeId('roles.delete');
    const refusals: readonly (readonly [string, string, unknown, number])[] = [
      ['PATCH', `/users/${clerk.id}`, { roleId: weakRole }, 403],
      ['PATCH', `/users/${clerk.id}`, { isActive: false }, 403],
      ['DELETE', `/users/${clerk.id}`, undefined, 403],
      ['PATCH', '/users/me', { roleId }, 400],
      ['PATCH', '/users/me', { isActive: true }, 400],
      ['PATCH', `/users/${weak.id}`, { roleId }, 403],
      ['PATCH', `/users/${weak.id}`, { roleId: strongRole }, 403],
      ['PATCH', `/users/${strong.id}`, { firstName: 'Eve' }, 403],
      ['DELETE', `/users/${strong.id}`, undefined, 403],
      ['POST', `/users/${strong.id}/password-reset`, undefined, 403],
      ['POST', '/users', { firstName: 'Eve', email: factory.email(), roleId: strongRole }, 403],
      ['PUT', `/roles/${clerk.roleId}/privileges/${await privilegeId('users.read')}`, undefined, 403],
      ['PUT', `/roles/${weakRole}/privileges/${lacked}`, undefined, 403],
      ['PUT', `/roles/${weakRole}/privileges`, { privilegeIds: [lacked] }, 403],
      ['DELETE', `/roles/${strongRole}/privileges/${lacked}`, undefined, 403],
      ['PATCH', `/roles/${clerk.roleId}`, { description: 'mine' }, 403],
      ['PATCH', `/roles/${strongRole}`, { description: 'mine' }, 403],
    ];
    for (const [method, path, body, expected] of refusals) {
      const answer = await api.call(method, path, { token, body });
      expect([method, path, answer.status]).toEqual([method, path, expected]);
    }
    expect((await api.patch(`/users/${weak.id}`, { token, body: { firstName: 'Eva' } })).status).toBe(200);
  });

  it('S64: what somebody else owns is not there, whoever asks and wherever the id is put', async () => {
    const { api, factory } = cluster.b;
    const [owner, other] = [await factory.user(), await factory.user()];
    for (const [method, path] of [
      ['GET', `/users/${owner.id}`],
      ['PATCH', `/users/${owner.id}`],
      ['DELETE', `/users/${owner.id}`],
      ['GET', `/users/${owner.id}/privileges`],
      ['GET', `/users/${owner.id}/sessions`],
      ['DELETE', `/users/${owner.id}/sessions`],
      ['POST', `/users/${owner.id}/unlock`],
      ['POST', `/users/${owner.id}/restore`],
      ['POST', `/users/${owner.id}/password-reset`],
    ] as const) {
      const request = { token: other.token, ...(method === 'PATCH' && { body: { firstName: 'Eve' } }) };
      expect([method, path, (await api.call(method, path, request)).status]).toEqual([method, path, 403]);
    }
    const check = { checks: [{ userId: owner.id, privilege: 'users.read' }] };
    expect((await api.post('/access/check', { token: other.token, body: check })).status).toBe(403);
    const body = {
      currentPassword: 'correct horse battery staple',
      newPassword: 'paper lantern over water',
      userId: owner.id,
    };
    expect((await api.post('/auth/password/change', { token: other.token, body })).status).toBe(400);
    const me = await api.get(`/users/me?id=${owner.id}&userId=${owner.id}`, { token: other.token });
    expect(me.status === 400 || me.body.id === other.id).toBe(true);
  });
});
