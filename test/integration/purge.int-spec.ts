import { Jobs } from '../../src/platform/jobs/jobs.js';
import { startApp, type TestApp } from '../support/app.js';
import { startCluster, type Cluster, together } from '../support/cluster.js';
import type { TestUser } from '../support/factory.js';
import { runScheduled } from '../support/jobs.js';

let cluster: Cluster;
let service: TestApp;
let admin: TestUser;
beforeAll(async () => {
  // Nobody else purges meanwhile.
  cluster = await startCluster({ WORKER: 'off' });
  service = cluster.a;
  admin = await service.factory.superAdmin();
});
afterAll(() => cluster.close());

const purgeUsers = (of = service) => runScheduled(of, 'users.purge');
const purgeIdentities = (of = service) => runScheduled(of, 'identities.purge');

async function deletedAgo(days: number): Promise<TestUser> {
  const user = await service.factory.user();
  await service.api.post(`/users/${user.id}/password-reset`, { token: admin.token });
  await service.api.delete(`/users/${user.id}`, { token: admin.token });
  // As the deletion does, all of it at the same time.
  const past = `deleted_at - make_interval(days => $2)`;
  await service.sql(`UPDATE "user" SET deleted_at = ${past} WHERE id = $1`, [user.id, days]);
  await service.sql(`UPDATE user_identity SET deleted_at = ${past} WHERE user_id = $1`, [user.id, days]);
  await service.sql(`UPDATE user_auth SET deleted_at = ${past} WHERE user_id = $1`, [user.id, days]);
  return user;
}

const restore = ({ id }: TestUser) =>
  service.api.post<{ code: string }>(`/users/${id}/restore`, { token: admin.token });

/** How many rows there are of the user, by table. */
async function rowsOf({ id }: Pick<TestUser, 'id'>) {
  const [ofUsers] = await service.sql<{ identities: number }>(
    'SELECT count(*)::int AS identities FROM user_identity WHERE user_id = $1',
    [id],
  );
  const [ofAuth] = await service.sql<Record<'credentials' | 'resets', number>>(
    `SELECT (SELECT count(*)::int FROM user_auth WHERE user_id = $1) AS credentials,
       (SELECT count(*)::int FROM password_reset WHERE user_id = $1) AS resets`,
    [id],
  );
  return { ...ofUsers, ...ofAuth };
}

describe('a user deleted more than PURGE_AFTER_DAYS ago', () => {
  it('is forgotten: nothing personal is left, and nothing to bring back', async () => {
    const user = await deletedAgo(31);
    await purgeUsers();
    await purgeIdentities();
    expect(await rowsOf(user)).toEqual({ identities: 0, credentials: 0, resets: 0 });
    const [row] = await service.sql<{ text: string; isPurged: boolean }>(
      `SELECT u::text AS text, purged_at IS NOT NULL AS "isPurged" FROM "user" u WHERE id = $1`,
      [user.id],
    );
    expect(row?.isPurged).toBe(true);
    expect(row?.text).toMatch(/^\(\d+,Deleted,,,,,,/);
    const refused = await restore(user);
    expect([refused.status, refused.body.code]).toEqual([404, 'user_not_found']);
  });

  it('is told of once, by an event and an audit entry, however many purge at once', async () => {
    const users = [await deletedAgo(31), await deletedAgo(40), await deletedAgo(50)];
    await together(6, (index) => purgeUsers(index % 2 ? cluster.a : cluster.b));
    for (const { id } of users) {
      const told = await service.sql(
        `SELECT 'event' AS what FROM outbox WHERE type = 'user.purged' AND aggregate_id = $1
         UNION ALL SELECT 'audit' FROM audit_log WHERE action = 'user.purged' AND subject_id = $1 ORDER BY what`,
        [String(id)],
      );
      expect(told).toEqual([{ what: 'audit' }, { what: 'event' }]);
    }
  });
});

describe('a user deleted less than PURGE_AFTER_DAYS ago', () => {
  it('keeps everything, and can be restored', async () => {
    const user = await deletedAgo(29);
    await purgeUsers();
    await purgeIdentities();
    expect(await rowsOf(user)).toMatchObject({ identities: 1, credentials: 1 });
    expect((await restore(user)).status).toBe(200);
  });

  it('keeps the identities it was deleted with until it is purged itself', async () => {
    const user = await deletedAgo(31);
    await purgeIdentities();
    expect(await rowsOf(user)).toMatchObject({ identities: 1 });
    expect((await restore(user)).status).toBe(200);
  });
});

it('removes for good what a living user has removed, and nothing else of theirs', async () => {
  const user = await service.factory.user();
  await service.sql(
    `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary, deleted_at)
     SELECT $1, 'email', 'old' || n || '@example.com', true, false, now() - make_interval(days => 29 + n)
     FROM generate_series(0, 2) n`,
    [user.id],
  );
  await purgeIdentities();
  expect(await rowsOf(user)).toMatchObject({ identities: 2 });
});

it('removes tokens to set passwords with that were out of date a week ago', async () => {
  const { id } = await service.factory.user();
  await service.sql(
    `INSERT INTO password_reset (user_id, identity_id, purpose, token_hash, expires_at)
     SELECT $1, 1, 'recovery', sha256(n::text::bytea), now() - make_interval(days => n) FROM generate_series(6, 9) n`,
    [id],
  );
  await runScheduled(service, 'auth.clean_up_resets');
  // Of those of 7, 8 and 9 days ago none is left.
  expect(await rowsOf({ id })).toMatchObject({ resets: 1 });
});

it('PURGE_AFTER_DAYS=0 keeps what was deleted for ever', async () => {
  const names = (of: TestApp) => [...of.app.get(Jobs).schedules()].map(({ job }) => job.name);
  expect(names(service)).toEqual(expect.arrayContaining(['users.purge', 'identities.purge']));
  const keeping = await startApp({
    databaseUrl: service.databaseUrl,
    env: { WORKER: 'off', PURGE_AFTER_DAYS: '0' },
  });
  expect(names(keeping).filter((name) => name.endsWith('.purge'))).toEqual([]);
  await keeping.close();
});
