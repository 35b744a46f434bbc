import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { tokenOf } from '../support/letters.js';
import { PASSWORD, type TestUser } from '../support/factory.js';

let service: TestApp;
let admin: TestUser;
beforeAll(async () => {
  service = await startApp({ env: { SESSIONS_PER_USER: '3' } });
  admin = await service.factory.superAdmin();
  // Ids as long as they get: no event may carry that many of them.
  await service.sql('ALTER TABLE session ALTER id RESTART WITH 900000000000000');
});
afterAll(() => service.close());

const LARGEST = 65_536;

/** Gives the user `count` further sessions, as they were before there was a limit. */
async function crowd({ id }: TestUser, count: number): Promise<void> {
  await service.sql(
    `INSERT INTO session (user_id, idle_expires_at, expires_at)
     SELECT $1, now() + interval '1 day', now() + interval '1 day' FROM generate_series(1, $2)`,
    [id, count],
  );
}

interface EventRow {
  readonly type: string;
  readonly payload: Record<string, unknown>;
  readonly size: number;
}

const eventsOf = (aggregate: 'user' | 'role', id: number, type: string) =>
  service.sql<EventRow>(
    `SELECT type, payload, octet_length(payload::text) AS size FROM outbox
     WHERE aggregate_type = $1 AND aggregate_id = $2::text AND type = $3 ORDER BY id`,
    [aggregate, String(id), type],
  );

const statusOf = async (token: string) => (await service.api.get('/users/me', { token })).status;

describe('a user with thousands of sessions', () => {
  const WAYS: [string, number, string, (user: TestUser) => Promise<ApiResponse>][] = [
    [
      'disabled',
      25_000,
      'user_disabled',
      ({ id }) => service.api.patch(`/users/${id}`, { token: admin.token, body: { isActive: false } }),
    ],
    [
      'deleted',
      25_000,
      'user_deleted',
      ({ id }) => service.api.delete(`/users/${id}`, { token: admin.token }),
    ],
    [
      'signed out by an administrator',
      8_000,
      'ended_by_admin',
      ({ id }) => service.api.delete(`/users/${id}/sessions`, { token: admin.token }),
    ],
    [
      'signed out everywhere by themselves',
      8_000,
      'logout_all',
      ({ token }) => service.api.post('/auth/logout-all', { token }),
    ],
    [
      'given a new password by a link',
      8_000,
      'password_changed',
      async ({ id, email }) => {
        await service.api.post(`/users/${id}/password-reset`, { token: admin.token });
        const token = tokenOf(await service.messageTo(email));
        return service.api.post('/auth/password/reset', {
          body: { token, newPassword: 'another horse battery staple' },
        });
      },
    ],
  ];

  it.each(WAYS)('A1, S98: can be %s, with %i of them', async (_, count, reason, end) => {
    const user = await service.factory.user();
    await crowd(user, count);
    expect((await end(user)).status).toBeLessThan(300);
    expect(await statusOf(user.token)).toBe(401);
    const [left] = await service.sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM session WHERE user_id = $1 AND revoked_at IS NULL',
      [user.id],
    );
    expect(left?.n).toBe(0);
    const events = await eventsOf('user', user.id, 'session.revoked');
    const told = events.flatMap(({ payload }) => payload.sessionIds as number[]);
    expect(new Set(told).size).toBe(count + 1);
    expect(told).toHaveLength(count + 1);
    expect(events.every(({ size, payload }) => size < 1.2 * LARGEST && payload.reason === reason)).toBe(true);
    expect(events.length).toBeGreaterThan(1);
    const entries = await service.sql<{ size: number }>(
      `SELECT octet_length(details::text) AS size FROM audit_log WHERE action = 'session.revoked' AND subject_id = $1::text`,
      [String(user.id)],
    );
    expect(entries.every(({ size }) => size < 1_000)).toBe(true);
  });

  it('A1, S98: a password change ends all of them but one’s own', async () => {
    const user = await service.factory.user();
    await crowd(user, 8_000);
    const answer = await service.api.post('/auth/password/change', {
      token: user.token,
      body: { currentPassword: PASSWORD, newPassword: 'another horse battery staple' },
    });
    expect(answer.status).toBe(204);
    expect(await statusOf(user.token)).toBe(200);
    const { body } = await service.api.get<{ items: unknown[] }>('/auth/sessions', { token: user.token });
    expect(body.items).toHaveLength(1);
  });

  it('A1, S98: keeps as many as the setting says, the newest, when another is opened', async () => {
    const user = await service.factory.user();
    await crowd(user, 8_000);
    const newest = await service.factory.signIn(user.email);
    expect([await statusOf(user.token), await statusOf(newest)]).toEqual([401, 200]);
    const { body } = await service.api.get<{ items: unknown[] }>('/auth/sessions', { token: newest });
    expect(body.items).toHaveLength(3);
  });
});

describe('the limit of sessions', () => {
  it('A1, S98: ends the oldest session when one more is opened, with an event that says why', async () => {
    const user = await service.factory.user();
    const tokens = [user.token];
    for (let count = 0; count < 3; count += 1) tokens.push(await service.factory.signIn(user.email));
    expect(await Promise.all(tokens.map(statusOf))).toEqual([401, 200, 200, 200]);
    const events = await eventsOf('user', user.id, 'session.revoked');
    expect(events.map(({ payload }) => payload.reason)).toEqual(['session_limit']);
  });

  it('A1, S98: holds for sign-ins at the same time', async () => {
    const user = await service.factory.user();
    await Promise.all(Array.from({ length: 4 }, () => service.factory.signIn(user.email)));
    const [left] = await service.sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM session WHERE user_id = $1 AND revoked_at IS NULL',
      [user.id],
    );
    expect(left?.n).toBe(3);
  });

  it('A1, S98: does not count sessions that have ended by themselves', async () => {
    const user = await service.factory.user();
    await crowd(user, 5);
    await service.sql(
      `UPDATE session SET idle_expires_at = now() - interval '1 minute'
       WHERE user_id = $1 AND id <> (SELECT min(id) FROM session WHERE user_id = $1)`,
      [user.id],
    );
    await service.factory.signIn(user.email);
    expect(await statusOf(user.token)).toBe(200);
  });
});

describe('a role with a thousand privileges of long names', () => {
  it('A1, S98: is given all of them, loses them one and all, and its users are refused at once', async () => {
    const [roleId, actor] = [await service.factory.role(), await service.factory.superAdmin()];
    const created = await service.sql<{ id: number }>(
      `INSERT INTO privilege (name) SELECT rpad('long.' || n || '_', 64, 'x') FROM generate_series(1, 1000) n RETURNING id`,
    );
    const holder = await service.factory.user({ roleId });
    const set = (privilegeIds: number[]) =>
      service.api.put<{ items: unknown[] }>(`/roles/${roleId}/privileges`, {
        token: actor.token,
        body: { privilegeIds },
      });
    const check = async () => {
      const [privilege] = await service.sql<{ name: string }>('SELECT name FROM privilege WHERE id = $1', [
        created.at(-1)?.id,
      ]);
      const { body } = await service.api.post<{ results: boolean[] }>('/access/check', {
        token: actor.token,
        body: { checks: [{ userId: holder.id, privilege: privilege?.name }] },
      });
      return body.results;
    };
    const given = await set(created.map(({ id }) => id));
    expect([given.status, given.body.items.length, await check()]).toEqual([200, 1000, [true]]);
    const taken = await set([]);
    expect([taken.status, taken.body.items.length, await check()]).toEqual([200, 0, [false]]);
    const events = await eventsOf('role', roleId, 'role.privileges_changed');
    const names = (list: 'granted' | 'revoked') =>
      events.flatMap(({ payload }) => payload[list] as string[]).length;
    expect([names('granted'), names('revoked')]).toEqual([1000, 1000]);
    expect(events.length).toBe(4);
    await eventually(async () => {
      const [open] = await service.sql<{ n: number }>(
        'SELECT count(*)::int AS n FROM outbox WHERE published_at IS NULL',
      );
      return open?.n === 0;
    });
  });
});
