import { SYSTEM } from '../../src/platform/database/transactions.js';
import { EffectivePrivilegesService } from '../../src/roles/effective-privileges.service.js';
import { type Fixture, only, openFixture, reset, type Sql } from './fixture.js';

let db: Fixture;
beforeAll(async () => {
  db = await openFixture('effective');
});
afterAll(() => db.close());
beforeEach(() => reset(db));
afterEach(() => jest.restoreAllMocks());

/** Roles that hold, or are about to hold, something; named by the tests. */
const ROLES = ['SuperAdmin', 'Admin', 'Staff', 'User'] as const;
type RoleName = (typeof ROLES)[number];

async function versions(sql: Sql = db.sql): Promise<Record<RoleName, number>> {
  const rows = await sql<{ name: RoleName; version: number }>('SELECT name, version FROM role');
  return Object.fromEntries(rows.map(({ name, version }) => [name, version])) as Record<RoleName, number>;
}

/** Which roles' versions went up while `change` ran. None may ever go down. */
async function counted(change: () => Promise<unknown>): Promise<RoleName[]> {
  const before = await versions();
  await change();
  const after = await versions();
  expect(ROLES.filter((name) => after[name] < before[name])).toEqual([]);
  return ROLES.filter((name) => after[name] > before[name]);
}

const GRANT = `INSERT INTO role_privilege (role_id, privilege_id) SELECT r.id, p.id FROM role r, privilege p`;
const OF_ROLE = (role: RoleName) => `role_id = (SELECT id FROM role WHERE name = '${role}')`;
const OF_PRIVILEGE = (name: string) => `privilege_id = (SELECT id FROM privilege WHERE name = '${name}')`;

describe('S67: the version of a role goes up', () => {
  it('with a grant', async () => {
    const grant = () => db.sql(`${GRANT} WHERE r.name = 'User' AND p.name = 'users.read'`);
    expect(await counted(grant)).toEqual(['User']);
  });

  it('with grants in bulk, of every role they touch', async () => {
    const grant = () => db.sql(`${GRANT} WHERE r.name IN ('User', 'Staff') ON CONFLICT DO NOTHING`);
    expect(await counted(grant)).toEqual(['Staff', 'User']);
  });

  it('with a revocation, soft or for good, one or in bulk', async () => {
    const revoke = `UPDATE role_privilege SET deleted_at = now() WHERE ${OF_ROLE('Staff')} AND ${OF_PRIVILEGE('users.read')}`;
    expect(await counted(() => db.sql(revoke))).toEqual(['Staff']);
    const restore = revoke.replace('= now()', '= NULL');
    expect(await counted(() => db.sql(restore))).toEqual(['Staff']);
    expect(await counted(() => db.sql(`DELETE FROM role_privilege WHERE ${OF_ROLE('Staff')}`))).toEqual([
      'Staff',
    ]);
    expect(await counted(() => db.sql('UPDATE role_privilege SET deleted_at = now()'))).toEqual(['Admin']);
  });

  it('with a grant that moves, of the role it leaves and of the role it comes to', async () => {
    const move = `UPDATE role_privilege SET role_id = (SELECT id FROM role WHERE name = 'User')
      WHERE ${OF_ROLE('Staff')} AND ${OF_PRIVILEGE('users.read')}`;
    expect(await counted(() => db.sql(move))).toEqual(['Staff', 'User']);
  });

  it('with a privilege that is made, for SuperAdmin, who holds it at once', async () => {
    expect(await counted(() => db.sql(`INSERT INTO privilege (name) VALUES ('a.new'), ('b.new')`))).toEqual([
      'SuperAdmin',
    ]);
  });

  it('with a privilege that is renamed, for SuperAdmin: no other role may hold it then', async () => {
    await db.sql(`INSERT INTO privilege (name) VALUES ('a.new')`);
    const rename = () => db.sql(`UPDATE privilege SET name = 'b.new' WHERE name = 'a.new'`);
    expect(await counted(rename)).toEqual(['SuperAdmin']);
  });

  it('with a privilege that is deleted or restored, for every role that holds it', async () => {
    const remove = `UPDATE privilege SET deleted_at = now() WHERE name = 'users.create'`;
    expect(await counted(() => db.sql(remove))).toEqual(['SuperAdmin', 'Admin']);
    expect(await counted(() => db.sql(remove.replace('now()', 'NULL')))).toEqual(['SuperAdmin', 'Admin']);
    await db.sql(`INSERT INTO privilege (name) VALUES ('a.new')`);
    expect(await counted(() => db.sql(`DELETE FROM privilege WHERE name = 'a.new'`))).toEqual(['SuperAdmin']);
  });

  it('with no change that touches nothing', async () => {
    expect(await counted(() => db.sql(`UPDATE role_privilege SET deleted_at = now() WHERE false`))).toEqual(
      [],
    );
    expect(await counted(() => db.sql(`UPDATE privilege SET deleted_at = now() WHERE false`))).toEqual([]);
    expect(await counted(() => db.sql('DELETE FROM privilege WHERE false'))).toEqual([]);
    const known = `INSERT INTO privilege (name) VALUES ('users.read') ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING`;
    expect(await counted(() => db.sql(known))).toEqual([]);
  });

  it('with no change of the role itself', async () => {
    expect(await counted(() => db.sql(`UPDATE role SET description = 'Another text'`))).toEqual([]);
  });

  it('once per change, however many changes run at once', async () => {
    const before = (await versions()).User;
    await db.sql(`INSERT INTO privilege (name) SELECT 'p.' || n FROM generate_series(1, 20) AS n`);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        db.transactions.run(SYSTEM, (tx) =>
          tx.query(`${GRANT} WHERE r.name = 'User' AND p.name = $1`, [`p.${index + 1}`]),
        ),
      ),
    );
    expect((await versions()).User).toBe(before + 20);
  });

  it('with the change or not at all', async () => {
    const failing = () =>
      db.transactions
        .run(SYSTEM, async (tx) => {
          await tx.query(`${GRANT} WHERE r.name = 'User' AND p.name = 'users.read'`);
          throw new Error('rolled back');
        })
        .catch(() => undefined);
    expect(await counted(failing)).toEqual([]);
  });
});

describe('the privileges of a role', () => {
  /** What the role holds, asked of the tables without its version. */
  async function truth(role: RoleName): Promise<string[]> {
    const rows = await db.sql<{ name: string }>(
      role === 'SuperAdmin'
        ? 'SELECT name FROM privilege WHERE deleted_at IS NULL'
        : `SELECT p.name FROM privilege p JOIN role_privilege rp ON rp.privilege_id = p.id AND rp.deleted_at IS NULL
           JOIN role r ON r.id = rp.role_id AND r.deleted_at IS NULL WHERE r.name = '${role}' AND p.deleted_at IS NULL`,
    );
    return rows.map(({ name }) => name).toSorted();
  }

  /** What a request would be told: the version is read first, then the set under it. */
  async function told(privileges: EffectivePrivilegesService, role: RoleName): Promise<string[]> {
    const row = only(
      await db.sql<{ id: number; version: number }>('SELECT id, version FROM role WHERE name = $1', [role]),
    );
    return [...(await privileges.of(row.id, row.version))].toSorted();
  }

  it('are all live privileges for SuperAdmin, the granted ones for others', async () => {
    const privileges = new EffectivePrivilegesService(db.dataSource);
    for (const role of ROLES) expect(await told(privileges, role)).toEqual(await truth(role));
    expect((await told(privileges, 'SuperAdmin')).length).toBeGreaterThan(
      (await told(privileges, 'Admin')).length,
    );
    expect(await told(privileges, 'User')).toEqual([]);
  });

  it('are read from the database once per version', async () => {
    const privileges = new EffectivePrivilegesService(db.dataSource);
    const query = jest.spyOn(db.dataSource, 'query');
    for (let time = 0; time < 5; time += 1) await told(privileges, 'Staff');
    expect(query).toHaveBeenCalledTimes(1);
  });

  it('are read once for all who ask for a new version at the same time', async () => {
    const privileges = new EffectivePrivilegesService(db.dataSource);
    await told(privileges, 'Staff');
    await db.sql(`${GRANT} WHERE r.name = 'Staff' AND p.name = 'roles.create'`);
    const { id, version } = only(
      await db.sql<{ id: number; version: number }>(`SELECT id, version FROM role WHERE name = 'Staff'`),
    );
    const query = jest.spyOn(db.dataSource, 'query');
    const sets = await Promise.all(Array.from({ length: 20 }, () => privileges.of(id, version)));
    expect(query).toHaveBeenCalledTimes(1);
    for (const names of sets) expect([...names].toSorted()).toEqual(await truth('Staff'));
  });

  it('S67: are never an older set than the database holds, after any kind of change', async () => {
    const instances = [
      new EffectivePrivilegesService(db.dataSource),
      new EffectivePrivilegesService(db.dataSource),
    ];
    const revoked = (role: RoleName) =>
      `UPDATE role_privilege SET deleted_at = now() WHERE deleted_at IS NULL AND ${OF_ROLE(role)}`;
    const steps = [
      `${GRANT} WHERE r.name = 'User' AND p.name LIKE 'users.%'`,
      `${revoked('Staff')} AND ${OF_PRIVILEGE('users.read')}`,
      `INSERT INTO privilege (name) VALUES ('reports.read')`,
      `UPDATE privilege SET name = 'reports.see' WHERE name = 'reports.read'`,
      `${GRANT} WHERE r.name IN ('User', 'Staff') AND p.name = 'reports.see'`,
      `UPDATE privilege SET deleted_at = now() WHERE name = 'reports.see'`,
      `UPDATE privilege SET deleted_at = NULL WHERE name = 'reports.see'`,
      `DELETE FROM role_privilege WHERE ${OF_PRIVILEGE('users.create')}`,
      `UPDATE role_privilege SET role_id = (SELECT id FROM role WHERE name = 'User')
       WHERE ${OF_ROLE('Staff')} AND deleted_at IS NULL AND ${OF_PRIVILEGE('roles.read')}`,
      revoked('User'),
      `UPDATE role_privilege SET deleted_at = now()`,
    ];
    for (const step of steps) {
      await db.sql(step);
      for (const role of ROLES) {
        const expected = await truth(role);
        for (const instance of instances)
          expect([step, role, await told(instance, role)]).toEqual([step, role, expected]);
      }
    }
  });

  it('S67: are never stale while changes and requests run at the same time', async () => {
    const privileges = new EffectivePrivilegesService(db.dataSource);
    await db.sql(`INSERT INTO privilege (name) VALUES ('switch')`);
    const row = only(await db.sql<{ id: number }>(`SELECT id FROM role WHERE name = 'User'`));
    const set = (held: boolean) =>
      db.transactions.run(SYSTEM, (tx) =>
        tx.query(
          held
            ? `${GRANT} WHERE r.name = 'User' AND p.name = 'switch'`
            : `UPDATE role_privilege SET deleted_at = now() WHERE deleted_at IS NULL AND ${OF_PRIVILEGE('switch')}`,
        ),
      );
    const changes = new AbortController();
    const readers = Array.from({ length: 4 }, async () => {
      while (!changes.signal.aborted) {
        const { version } = only(
          await db.dataSource.query<[{ version: number }]>('SELECT version FROM role WHERE id = $1', [
            row.id,
          ]),
        );
        await privileges.of(row.id, version);
      }
    });
    const wrong: number[] = [];
    for (let round = 0; round < 60; round += 1) {
      const held = round % 2 === 0;
      await set(held);
      // The request after the change: whatever the readers have left in memory, it is told the truth.
      if ((await told(privileges, 'User')).includes('switch') !== held) wrong.push(round);
    }
    changes.abort();
    await Promise.all(readers);
    expect(wrong).toEqual([]);
  });

  it('are kept under the version they were read under, not under the one that was asked for', async () => {
    const privileges = new EffectivePrivilegesService(db.dataSource);
    const before = only(
      await db.sql<{ id: number; version: number }>(`SELECT id, version FROM role WHERE name = 'User'`),
    );
    await db.sql(`${GRANT} WHERE r.name = 'User' AND p.name = 'users.read'`);
    // A request that read its version just before the change gets the new set, and leaves it to the next.
    expect([...(await privileges.of(before.id, before.version))]).toEqual(['users.read']);
    const query = jest.spyOn(db.dataSource, 'query');
    expect(await told(privileges, 'User')).toEqual(['users.read']);
    expect(query).not.toHaveBeenCalled();
  });

  it('S75: are none for a role that is deleted or unknown', async () => {
    const privileges = new EffectivePrivilegesService(db.dataSource);
    const row = only(
      await db.sql<{ id: number; version: number }>(`SELECT id, version FROM role WHERE name = 'Staff'`),
    );
    await db.sql(`UPDATE role SET deleted_at = now() WHERE name = 'Staff'`);
    expect([...(await privileges.of(row.id, row.version))]).toEqual([]);
    expect([...(await privileges.of(2_000_000_000, 1))]).toEqual([]);
  });

  it('are kept in memory up to a number of names, of all roles together', async () => {
    const privileges = new EffectivePrivilegesService(db.dataSource);
    const names = Array.from({ length: 999 }, (_, index) => `p.${index}`);
    const query = jest
      .spyOn(db.dataSource, 'query')
      .mockImplementation(() => Promise.resolve([{ version: 1, names }]));
    for (let role = 1; role <= 301; role += 1) await privileges.of(role, 1);
    query.mockClear();
    await privileges.of(301, 1);
    await privileges.of(2, 1);
    expect(query).not.toHaveBeenCalled();
    await privileges.of(1, 1);
    expect(query).toHaveBeenCalledTimes(1);
  });
});
