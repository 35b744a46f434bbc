import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import type { TestUser } from '../support/factory.js';
import type { Problem } from './shapes.js';
import { traces } from './traces.js';

/** Takes the proof from the contacts of a user. */
const UNPROVED = 'UPDATE user_identity SET is_verified = false WHERE user_id = $1';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({
    env: { OAUTH_GOOGLE_CLIENT_ID: 'gatehouse', OAUTH_GOOGLE_CLIENT_SECRET: 'never-used' },
  });
});
afterAll(() => service.close());

/** `count` SuperAdmins who are the only active ones there are. */
async function onlySuperAdmins(count: number): Promise<TestUser[]> {
  const users = await Promise.all(Array.from({ length: count }, () => service.factory.superAdmin()));
  await service.sql(
    `UPDATE "user" SET is_active = false
     WHERE role_id = $1 AND is_active AND deleted_at IS NULL AND id <> ALL($2::int[])`,
    [await service.factory.roleId('SuperAdmin'), users.map(({ id }) => id)],
  );
  return users;
}

async function activeSuperAdmins(): Promise<number[]> {
  const rows = await service.sql<{ id: number }>(
    `SELECT u.id FROM "user" u JOIN role r ON r.id = u.role_id
     WHERE r.name = 'SuperAdmin' AND u.is_active AND u.deleted_at IS NULL`,
  );
  return rows.map(({ id }) => id);
}

type Removal = (actor: TestUser, target: TestUser) => Promise<ApiResponse<Problem>>;

const demote: Removal = async ({ token }, { id }) =>
  service.api.patch<Problem>(`/users/${id}`, {
    token,
    body: { roleId: await service.factory.roleId('User') },
  });
const disable: Removal = ({ token }, { id }) =>
  service.api.patch<Problem>(`/users/${id}`, { token, body: { isActive: false } });
const remove: Removal = ({ token }, { id }) => service.api.delete<Problem>(`/users/${id}`, { token });
const leave: Removal = ({ token }) => service.api.delete<Problem>('/users/me', { token });

const REMOVALS: [string, Removal][] = [
  ['demote', demote],
  ['disable', disable],
  ['delete', remove],
];

describe('the last active SuperAdmin', () => {
  it.each(REMOVALS)('S65: nobody can %s', async (_, removal) => {
    const [last] = await onlySuperAdmins(1);
    const actor = await service.factory.userWithAllBut();
    if (!last) throw new Error('There is no SuperAdmin');
    const { result, transactions } = await traces(service, () => removal(actor, last));
    expect(result.status).toBe(409);
    expect(result.body.code).toBe('last_super_admin');
    expect(transactions).toEqual([]);
    expect(await activeSuperAdmins()).toEqual([last.id]);
  });

  it('S65: cannot leave', async () => {
    const [last] = await onlySuperAdmins(1);
    if (!last) throw new Error('There is no SuperAdmin');
    const response = await leave(last, last);
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('last_super_admin');
    expect(await activeSuperAdmins()).toEqual([last.id]);
  });

  it('S65: disabled and deleted SuperAdmins do not count as others', async () => {
    const [last, disabled, deleted] = await onlySuperAdmins(3);
    if (!last || !disabled || !deleted) throw new Error('There are no SuperAdmins');
    expect((await disable(last, disabled)).status).toBe(200);
    expect((await remove(last, deleted)).status).toBe(204);
    expect((await leave(last, last)).body.code).toBe('last_super_admin');
  });

  const takeAway: [string, string][] = [
    ['an invitation that nobody has accepted', UNPROVED],
    [
      'an account at a provider that is not configured',
      `UPDATE user_identity SET type = 'oauth', oauth_provider = 'nowhere',
       is_verified = NULL, is_primary = NULL WHERE user_id = $1`,
    ],
    ['a password without a name to sign in with', 'DELETE FROM user_identity WHERE user_id = $1'],
  ];
  it.each(takeAway)('A13, S65, S109: cannot go while the other one is but %s', async (_, statement) => {
    const [last, other] = await onlySuperAdmins(2);
    if (!last || !other) throw new Error('There are no SuperAdmins');
    await service.sql(statement, [other.id]);
    expect((await leave(last, last)).body.code).toBe('last_super_admin');
    const actor = await service.factory.userWithAllBut();
    for (const [, removal] of REMOVALS)
      expect((await removal(actor, last)).body.code).toBe('last_super_admin');
    expect((await remove(last, other)).status).toBe(204);
  });

  const waysIn: [string, ...string[]][] = [
    [
      'a proved number',
      `UPDATE user_identity SET type = 'mobile', value = '+49151' || user_id WHERE user_id = $1`,
    ],
    [
      'an account at a provider',
      `UPDATE user_identity SET type = 'oauth', oauth_provider = 'google', is_verified = NULL,
       is_primary = NULL WHERE user_id = $1`,
    ],
    [
      'a username and a password',
      UNPROVED,
      `UPDATE user_auth SET username = 'super.' || user_id WHERE user_id = $1`,
    ],
  ];
  it.each(waysIn)('A13, S65, S109: may go once another one can sign in by %s', async (_, ...statements) => {
    const [first, other] = await onlySuperAdmins(2);
    if (!first || !other) throw new Error('There are no SuperAdmins');
    for (const statement of statements) await service.sql(statement, [other.id]);
    expect((await leave(first, first)).status).toBe(204);
  });

  it('A13, S65: an invited user with a username and no password yet is no way in', async () => {
    const [last, other] = await onlySuperAdmins(2);
    if (!last || !other) throw new Error('There are no SuperAdmins');
    await service.sql(UNPROVED, [other.id]);
    await service.sql(
      `UPDATE user_auth SET username = 'invited.' || user_id, password_hash = '!' WHERE user_id = $1`,
      [other.id],
    );
    expect((await leave(last, last)).body.code).toBe('last_super_admin');
  });

  it('may be demoted once there is another, and a disabled one at any time', async () => {
    const [one, other] = await onlySuperAdmins(2);
    if (!one || !other) throw new Error('There are no SuperAdmins');
    expect((await disable(one, other)).status).toBe(200);
    expect((await demote(one, other)).status).toBe(200);
    expect(await activeSuperAdmins()).toEqual([one.id]);
  });

  // Whoever comes second is refused: as the last one, or because they are no SuperAdmin any more.
  const REFUSALS = new Set([401, 403, 409]);
  it.each([
    ['demote each other', 20, demote, demote],
    ['disable each other', 5, disable, disable],
    ['delete each other', 5, remove, remove],
    ['leave both', 5, leave, leave],
    ['demote and leave', 5, (one, other) => demote(other, one), leave],
    ['delete and are disabled', 5, remove, disable],
  ] as [string, number, Removal, Removal][])(
    'S65: one of two stays who %s at the same time (%i rounds)',
    async (_, rounds, first, second) => {
      for (let round = 0; round < rounds; round += 1) {
        const [one, other] = await onlySuperAdmins(2);
        if (!one || !other) throw new Error('There are no SuperAdmins');
        const responses = await Promise.all([first(one, other), second(other, one)]);
        const statuses = responses.map(({ status }) => status);
        expect(statuses.filter((status) => status < 300)).toHaveLength(1);
        expect(statuses.filter((status) => REFUSALS.has(status))).toHaveLength(1);
        expect(await activeSuperAdmins()).toHaveLength(1);
      }
    },
  );

  it('S65: one of ten stays when all of them leave at once', async () => {
    const users = await onlySuperAdmins(10);
    const responses = await Promise.all(users.map((user) => leave(user, user)));
    expect(responses.filter(({ status }) => status === 204)).toHaveLength(9);
    expect(await activeSuperAdmins()).toHaveLength(1);
  });
});

describe('a user whose role holds a privilege the actor lacks', () => {
  const ACTIONS: [string, string, (path: string) => [string, string, object?]][] = [
    ['changed', 'users.update', (path) => ['PATCH', path, { firstName: 'Changed' }]],
    ['disabled', 'users.update', (path) => ['PATCH', path, { isActive: false }]],
    ['demoted', 'users.update', (path) => ['PATCH', path, { roleId: 4 }]],
    ['deleted', 'users.delete', (path) => ['DELETE', path]],
    ['sent a password reset', 'users.update', (path) => ['POST', `${path}/password-reset`]],
    ['restored', 'users.restore', (path) => ['POST', `${path}/restore`]],
  ];

  const rowsOf = async (id: number) => [
    ...(await service.sql(
      `SELECT to_jsonb(u) AS row FROM "user" u WHERE id = $1
       UNION ALL SELECT to_jsonb(i) FROM user_identity i WHERE user_id = $1`,
      [id],
    )),
    ...(await service.sql(
      `SELECT to_jsonb(a) AS row FROM user_auth a WHERE user_id = $1
       UNION ALL SELECT to_jsonb(r) FROM password_reset r WHERE user_id = $1`,
      [id],
    )),
  ];

  it.each(ACTIONS)('S65: cannot be %s', async (action, privilege, toRequest) => {
    const actor = await service.factory.userWith(privilege, 'users.read');
    const roleId = await service.factory.role('users.read', 'roles.grant');
    const target = await service.factory.user({ roleId, signIn: false });
    if (action === 'restored') {
      const admin = await service.factory.superAdmin();
      await service.api.delete(`/users/${target.id}`, { token: admin.token });
    }
    const before = await rowsOf(target.id);
    const [method, path, body] = toRequest(`/users/${target.id}`);
    const { result, transactions } = await traces(service, () =>
      service.api.call<Problem>(method, path, { token: actor.token, body }),
    );
    expect(result.status).toBe(403);
    expect(result.body.code).toBe('privilege_not_held');
    expect(result.body.detail).toContain('roles.grant');
    expect(transactions).toEqual([]);
    expect(await rowsOf(target.id)).toEqual(before);
  });

  it.each(ACTIONS.filter(([action]) => action !== 'demoted'))(
    'can be %s by an actor who holds as much',
    async (action, privilege, toRequest) => {
      const actor = await service.factory.userWith(privilege, 'users.read', 'roles.grant');
      const roleId = await service.factory.role('users.read', 'roles.grant');
      const target = await service.factory.user({ roleId, signIn: false });
      if (action === 'restored') {
        const admin = await service.factory.superAdmin();
        await service.api.delete(`/users/${target.id}`, { token: admin.token });
      }
      const [method, path, body] = toRequest(`/users/${target.id}`);
      const response = await service.api.call(method, path, { token: actor.token, body });
      expect(response.status).toBeLessThan(300);
    },
  );
});
