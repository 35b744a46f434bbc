import { SYSTEM } from '../../src/platform/database/transactions.js';
import { Privilege } from '../../src/privileges/privilege.entity.js';
import { PrivilegeInUse } from '../../src/privileges/privilege.errors.js';
import { PrivilegesRepository } from '../../src/privileges/privileges.repository.js';
import { Role } from '../../src/roles/role.entity.js';
import { RoleInUse } from '../../src/roles/role.errors.js';
import { RolesRepository } from '../../src/roles/roles.repository.js';
import { type Fixture, only, openFixture, refusalOf, roleId, untilSomebodyWaits } from './fixture.js';

let db: Fixture;
beforeAll(async () => {
  db = await openFixture('in_use');
});
afterAll(() => db.close());

let count = 0;
const unique = () => `v${(count += 1)}`;

describe('a role in use', () => {
  let role: number;
  let roles: RolesRepository;

  beforeEach(async () => {
    roles = new RolesRepository(db.dataSource.getRepository(Role));
    role = only(
      await db.sql<{ id: number }>(
        'INSERT INTO role (name, name_key) VALUES ($1, $2) RETURNING id',
        Array(2).fill(unique()),
      ),
    ).id;
  });

  const employ = () =>
    db.sql<{ id: number }>(`INSERT INTO "user" (first_name, role_id) VALUES ('Test', $1) RETURNING id`, [
      role,
    ]);
  const remove = () => db.transactions.run(SYSTEM, (tx) => roles.softDelete(tx, role));
  const isLive = async () =>
    (await db.sql('SELECT 1 FROM role WHERE id = $1 AND deleted_at IS NULL', [role])).length === 1;

  it('cannot be deleted, neither softly nor for good', async () => {
    await employ();
    await expect(remove()).rejects.toThrow(RoleInUse);
    expect(await refusalOf(db.sql('UPDATE role SET deleted_at = now() WHERE id = $1', [role]))).toBe(
      'role_in_use',
    );
    expect(await refusalOf(db.sql('DELETE FROM role WHERE id = $1', [role]))).toBe('fk_user_role');
    expect(await isLive()).toBe(true);
  });

  it('can be deleted once its users are deleted or have another', async () => {
    const [first] = await employ();
    const [second] = await employ();
    await db.sql('UPDATE "user" SET deleted_at = now() WHERE id = $1', [first?.id]);
    await expect(remove()).rejects.toThrow(RoleInUse);
    await db.sql('UPDATE "user" SET role_id = $2 WHERE id = $1', [second?.id, await roleId(db.sql)]);
    await remove();
    expect(await isLive()).toBe(false);
  });

  it('is kept by users who are disabled', async () => {
    const [user] = await employ();
    await db.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user?.id]);
    await expect(remove()).rejects.toThrow(RoleInUse);
  });

  it('is seen while it is being given to a user: the deletion waits and is refused', async () => {
    let removal: Promise<unknown> = Promise.resolve();
    await db.transactions.run(SYSTEM, async (tx) => {
      expect(await roles.lockForAssignment(tx, role)).toBe(true);
      removal = remove().catch((error: unknown) => error);
      await untilSomebodyWaits(db.sql);
      await tx.query(`INSERT INTO "user" (first_name, role_id) VALUES ('Test', $1)`, [role]);
    });
    expect(await removal).toBeInstanceOf(RoleInUse);
    expect(await isLive()).toBe(true);
  });

  it('cannot be given while it is being deleted: who asks waits and finds none', async () => {
    let assignment: Promise<unknown> = Promise.resolve();
    await db.transactions.run(SYSTEM, async (tx) => {
      await roles.softDelete(tx, role);
      assignment = db.transactions.run(SYSTEM, (later) => roles.lockForAssignment(later, role));
      await untilSomebodyWaits(db.sql);
    });
    expect(await assignment).toBe(false);
  });
});

describe('a privilege in use', () => {
  let privilege: number;
  let privileges: PrivilegesRepository;

  beforeEach(async () => {
    privileges = new PrivilegesRepository(db.dataSource.getRepository(Privilege));
    const rows = await db.sql<{ id: number }>('INSERT INTO privilege (name) VALUES ($1) RETURNING id', [
      unique(),
    ]);
    privilege = only(rows).id;
  });

  const GRANT = 'INSERT INTO role_privilege (role_id, privilege_id) VALUES ($1, $2)';
  const grant = async () => db.sql(GRANT, [await roleId(db.sql), privilege]);
  const rename = () =>
    db.transactions.run(SYSTEM, async (tx) => {
      await privileges.findForChange(tx, privilege);
      return privileges.update(tx, privilege, { name: unique() });
    });

  it('cannot be renamed, past the service neither', async () => {
    await grant();
    await expect(rename()).rejects.toThrow(PrivilegeInUse);
    const statement = db.sql('UPDATE privilege SET name = $2 WHERE id = $1', [privilege, unique()]);
    expect(await refusalOf(statement)).toBe('privilege_in_use');
  });

  it('can be described and deleted', async () => {
    await grant();
    const described = await db.transactions.run(SYSTEM, (tx) =>
      privileges.update(tx, privilege, { description: 'Reads' }),
    );
    expect(described.description).toBe('Reads');
    await db.transactions.run(SYSTEM, (tx) => privileges.softDelete(tx, privilege));
    expect(await privileges.find(privilege)).toBeNull();
  });

  it('can be renamed once it has been taken from every role', async () => {
    await grant();
    await db.sql('UPDATE role_privilege SET deleted_at = now() WHERE privilege_id = $1', [privilege]);
    expect((await rename()).id).toBe(privilege);
  });

  it('is seen while it is being granted: the renaming waits and is refused', async () => {
    let renaming: Promise<unknown> = Promise.resolve();
    const role = await roleId(db.sql);
    await db.transactions.run(SYSTEM, async (tx) => {
      await tx.query(GRANT, [role, privilege]);
      renaming = rename().catch((error: unknown) => error);
      await untilSomebodyWaits(db.sql);
    });
    expect(await renaming).toBeInstanceOf(PrivilegeInUse);
  });

  it('cannot come to be so while it is renamed: the grant waits', async () => {
    let granting: Promise<unknown> = Promise.resolve();
    const role = await roleId(db.sql);
    const name = unique();
    await db.transactions.run(SYSTEM, async (tx) => {
      await privileges.findForChange(tx, privilege);
      granting = db.transactions.run(SYSTEM, async (later) => {
        await later.query(GRANT, [role, privilege]);
        return later.query('SELECT name FROM privilege WHERE id = $1', [privilege]);
      });
      await untilSomebodyWaits(db.sql);
      await privileges.update(tx, privilege, { name });
    });
    expect(await granting).toEqual([{ name }]);
  });
});

describe('a change of a privilege', () => {
  /** Roles in the order of the table: the other one before SuperAdmin, which has just been written anew. */
  async function rolesInOrder(): Promise<{ superAdmin: number; other: number; privilege: number }> {
    const superAdmin = await roleId(db.sql, 'SuperAdmin');
    const { id: other } = only(
      await db.sql<{ id: number }>(
        'INSERT INTO role (name, name_key) VALUES ($1, $2) RETURNING id',
        Array(2).fill(unique()),
      ),
    );
    const { id: privilege } = only(
      await db.sql<{ id: number }>('INSERT INTO privilege (name) VALUES ($1) RETURNING id', [unique()]),
    );
    await db.sql('INSERT INTO role_privilege (role_id, privilege_id) VALUES ($1, $2)', [other, privilege]);
    await db.sql('VACUUM FULL role');
    await db.sql('UPDATE role SET version = version + 1 WHERE id = $1', [superAdmin]);
    return { superAdmin, other, privilege };
  }

  it('and a demotion wait for each other in one order, never for good', async () => {
    const { superAdmin, other, privilege } = await rolesInOrder();
    const roles = new RolesRepository(db.dataSource.getRepository(Role));
    const versionOf = async () =>
      only(await db.sql<{ version: number }>('SELECT version FROM role WHERE id = $1', [other])).version;
    const before = await versionOf();
    let change: Promise<unknown> = Promise.resolve();
    // As UsersService.update: SuperAdmin first, then the new role.
    await db.transactions.run(SYSTEM, async (tx) => {
      expect(await roles.lockIfNamed(tx, superAdmin, 'SuperAdmin')).toBe(true);
      change = refusalOf(
        db.dataSource.query(`UPDATE privilege SET description = 'other' WHERE id = $1`, [privilege]),
      );
      await untilSomebodyWaits(db.sql);
      await tx.query(`SET LOCAL lock_timeout = '1s'`);
      expect(await roles.lockForAssignment(tx, other)).toBe(true);
    });
    expect(await change).toBeNull();
    expect(await versionOf()).toBe(before + 1);
  });
});
