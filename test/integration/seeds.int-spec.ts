import { seedFirstAdministrator } from '../../seeds/first-administrator.js';
import { seedPrivilegesAndRoles } from '../../seeds/privileges-and-roles.js';
import type { PrivilegeDefinition } from '../../src/access/privilege.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { PasswordHasher } from '../../src/platform/security/password-hasher.js';
import { SYSTEM_ROLES } from '../../src/roles/system-roles.js';
import { testConfig } from '../support/config.js';
import { type Fixture, insertUser, only, openFixture, reset } from './fixture.js';

let db: Fixture;
beforeAll(async () => {
  db = await openFixture('seeds');
});
afterAll(() => db.close());
beforeEach(() => reset(db));

const seed = (declared: readonly PrivilegeDefinition[] = allInOne.privileges) =>
  seedPrivilegesAndRoles(db.dataSource, declared);

async function grantsOf(role: string): Promise<string[]> {
  const rows = await db.sql<{ name: string }>(
    `SELECT p.name FROM role_privilege rp JOIN role r ON r.id = rp.role_id JOIN privilege p ON p.id = rp.privilege_id
     WHERE r.name = $1 AND rp.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY p.name`,
    [role],
  );
  return rows.map(({ name }) => name);
}

async function contents(): Promise<unknown> {
  return Promise.all(
    ['privilege', 'role', 'role_privilege'].map((table) => db.sql(`SELECT * FROM ${table} ORDER BY id`)),
  );
}

describe('the seeds', () => {
  it('make every declared privilege and the roles of the service', async () => {
    const privileges = await db.sql('SELECT name, description FROM privilege ORDER BY id');
    expect(privileges).toEqual(allInOne.privileges.map(({ name, description }) => ({ name, description })));
    const roles = await db.sql<{ name: string }>('SELECT name FROM role ORDER BY id');
    expect(roles.map(({ name }) => name)).toEqual(SYSTEM_ROLES);
    expect(await grantsOf('Staff')).toEqual(['privileges.read', 'roles.read', 'users.read']);
    expect(await grantsOf('User')).toEqual([]);
    expect(await grantsOf('Admin')).toContain('roles.grant');
  });

  it('grant declared privileges only', async () => {
    const declared = new Set(allInOne.privileges.map(({ name }) => name));
    const granted = [...(await grantsOf('Admin')), ...(await grantsOf('Staff'))];
    expect(granted.filter((name) => !declared.has(name))).toEqual([]);
    // Every name the seeds give by default exists: 16 of Admin, 3 of Staff.
    expect([(await grantsOf('Admin')).length, (await grantsOf('Staff')).length]).toEqual([16, 3]);
  });

  it('change nothing the second time, versions and times included', async () => {
    const before = await contents();
    await seed();
    await seed();
    expect(await contents()).toEqual(before);
  });

  it('change nothing when several run at once', async () => {
    const before = await contents();
    await Promise.all(Array.from({ length: 5 }, () => seed()));
    expect(await contents()).toEqual(before);
  });

  it('leave alone what an administrator took away', async () => {
    await db.sql(
      `UPDATE role_privilege SET deleted_at = now() FROM role r, privilege p
       WHERE r.id = role_id AND p.id = privilege_id AND r.name = 'Staff' AND p.name = 'users.read'`,
    );
    await seed();
    expect(await grantsOf('Staff')).toEqual(['privileges.read', 'roles.read']);
  });

  it('leave alone what an administrator added', async () => {
    await db.sql(`INSERT INTO role_privilege (role_id, privilege_id)
      SELECT r.id, p.id FROM role r, privilege p WHERE r.name = 'User' AND p.name = 'users.read'`);
    await seed();
    expect(await grantsOf('User')).toEqual(['users.read']);
  });

  it('give a privilege that a new release declares to the roles it belongs to by default', async () => {
    await db.sql('DELETE FROM role_privilege');
    await db.sql('DELETE FROM privilege');
    await db.sql('DELETE FROM role');
    const older = allInOne.privileges.filter(
      ({ name }) => name !== 'users.restore' && name !== 'privileges.read',
    );
    await seed(older);
    expect(await grantsOf('Admin')).not.toContain('users.restore');
    await db.sql(
      `UPDATE role_privilege SET deleted_at = now() FROM privilege p WHERE p.id = privilege_id AND p.name = 'roles.read'`,
    );

    await seed();
    expect(await grantsOf('Admin')).toEqual(expect.arrayContaining(['users.restore', 'privileges.read']));
    expect(await grantsOf('Staff')).toEqual(['privileges.read', 'users.read']);
    expect(await grantsOf('User')).toEqual([]);
  });

  it('bring descriptions up to date, and nothing else', async () => {
    const [first, ...others] = allInOne.privileges;
    await db.sql(`UPDATE privilege SET description = 'An older text' WHERE name = $1`, [first?.name]);
    const untouched = `SELECT * FROM privilege WHERE name <> $1 ORDER BY id`;
    const before = await db.sql(untouched, [first?.name]);
    await seed();
    const rows = await db.sql<{ description: string }>('SELECT description FROM privilege WHERE name = $1', [
      first?.name,
    ]);
    expect(only(rows).description).toBe(first?.description);
    expect(await db.sql(untouched, [first?.name])).toEqual(before);
    expect(before).toHaveLength(others.length);
  });

  it('keep the privileges that people made', async () => {
    await db.sql(`INSERT INTO privilege (name, description) VALUES ('reports.read', 'See the reports')`);
    await seed();
    expect(await db.sql(`SELECT description FROM privilege WHERE name = 'reports.read'`)).toEqual([
      { description: 'See the reports' },
    ]);
  });
});

describe('the first administrator', () => {
  const PRODUCTION = {
    NODE_ENV: 'production',
    BCRYPT_COST: '12',
    PUBLIC_BASE_URL: 'https://id.example.com',
  };
  const bootstrap = (env: Record<string, string> = {}) =>
    seedFirstAdministrator(db.dataSource, testConfig({ DATABASE_URL: db.url, ...env }));

  async function credentials() {
    return db.sql<{ hash: string; email: string; role: string; is_verified: boolean; is_primary: boolean }>(
      `SELECT a.password_hash AS hash, i.value AS email, r.name AS role, i.is_verified, i.is_primary
       FROM user_auth a JOIN "user" u ON u.id = a.user_id JOIN role r ON r.id = u.role_id
       JOIN user_identity i ON i.user_id = u.id AND i.type = 'email'`,
    );
  }
  const verify = (password: string, hash: string) => PasswordHasher.of(db.config).verify(password, hash);

  it('has a random password in development, shown once', async () => {
    const made = await bootstrap();
    expect(made).toEqual({
      email: 'admin@example.com',
      with: 'generated password',
      password: expect.stringMatching(/^[A-Za-z0-9_-]{20}$/),
    });
    const row = only(await credentials());
    expect(row).toMatchObject({
      email: 'admin@example.com',
      role: 'SuperAdmin',
      is_verified: true,
      is_primary: true,
    });
    expect(await verify(made && 'password' in made ? made.password : '', row.hash)).toBe(true);
    expect(await bootstrap()).toBeNull();
  });

  it('has another random password in another installation', async () => {
    const first = await bootstrap();
    await reset(db);
    const second = await bootstrap();
    expect(second).not.toEqual(first);
  });

  it.each(['development', 'production'])(
    'has the password of ADMIN_PASSWORD in %s, which is not repeated',
    async (environment) => {
      const production = environment === 'production' ? PRODUCTION : {};
      const made = await bootstrap({
        ...production,
        ADMIN_EMAIL: ' Root@Corp.Example'.trim(),
        ADMIN_PASSWORD: 'a long enough password',
      });
      expect(made).toEqual({ email: 'root@corp.example', with: 'configured password' });
      const row = only(await credentials());
      expect(row.email).toBe('root@corp.example');
      expect(await verify('a long enough password', row.hash)).toBe(true);
    },
  );

  it('S10, F13: has no password in production without ADMIN_PASSWORD, and no token that somebody could read', async () => {
    const made = await bootstrap({ ...PRODUCTION, ADMIN_EMAIL: 'root@corp.example' });
    const { id } = only(await db.sql<{ id: number }>('SELECT id FROM "user"'));
    expect(made).toEqual({ email: 'root@corp.example', with: 'no password yet', userId: id });
    const { hash } = only(await credentials());
    expect(hash).toBe(PasswordHasher.UNUSABLE);
    for (const guess of ['', 'admin', 'password', 'administrator', 'root@corp.example', '!', 'change-me'])
      expect(await verify(guess, hash)).toBe(false);
    expect(await db.sql('SELECT id FROM password_reset')).toEqual([]);
  });

  it('S10: is nobody in production without ADMIN_EMAIL', async () => {
    expect(await bootstrap(PRODUCTION)).toBeNull();
    expect(await db.sql('SELECT id FROM "user"')).toEqual([]);
    expect(await bootstrap({ ...PRODUCTION, ADMIN_EMAIL: 'root@corp.example' })).not.toBeNull();
  });

  it.each([true, false])(
    'F12: is not made of somebody who has the address, and the start goes on (proved: %s)',
    async (isProved) => {
      const id = await insertUser(db.sql, 'User');
      await db.sql(
        `INSERT INTO user_identity (user_id, type, value, is_verified) VALUES ($1, 'email', 'ada@corp.example', $2)`,
        [id, isProved],
      );
      expect(await bootstrap({ ...PRODUCTION, ADMIN_EMAIL: 'Ada@corp.example' })).toEqual({
        email: 'ada@corp.example',
        with: 'address of another user',
      });
      expect(await db.sql(`SELECT id FROM "user"`)).toEqual([{ id }]);
      expect(await bootstrap({ ...PRODUCTION, ADMIN_EMAIL: 'root@corp.example' })).toMatchObject({
        with: 'no password yet',
      });
    },
  );

  it.each(['is there', 'was deleted', 'is disabled'])(
    'is not made again when a SuperAdmin %s',
    async (state) => {
      const id = await insertUser(db.sql, 'SuperAdmin');
      if (state === 'was deleted') await db.sql('UPDATE "user" SET deleted_at = now() WHERE id = $1', [id]);
      if (state === 'is disabled') await db.sql('UPDATE "user" SET is_active = false WHERE id = $1', [id]);
      expect(await bootstrap({ ADMIN_PASSWORD: 'a long enough password' })).toBeNull();
      expect(await credentials()).toEqual([]);
    },
  );

  it('is made once when several starters do it at once', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => bootstrap()));
    expect(made.filter((one) => one !== null)).toHaveLength(1);
    expect(await credentials()).toHaveLength(1);
  });

  it('S77: is in the audit log, without the password', async () => {
    const made = await bootstrap();
    const entry = (
      await db.sql<Record<string, unknown>>('SELECT * FROM audit_log ORDER BY id DESC LIMIT 1')
    )[0];
    const { id } = only(await db.sql<{ id: number }>('SELECT id FROM "user"'));
    expect(entry).toMatchObject({
      action: 'user.bootstrapped',
      actor_id: null,
      subject_type: 'user',
      subject_id: String(id),
      outcome: 'success',
    });
    expect(JSON.stringify(entry)).not.toContain(made && 'password' in made ? made.password : 'password');
  });

  it('is made whole or not at all', async () => {
    await db.sql(
      `INSERT INTO user_identity (user_id, type, value) VALUES ($1, 'email', 'admin@example.com')`,
      [await insertUser(db.sql)],
    );
    expect(await bootstrap()).toEqual({ email: 'admin@example.com', with: 'address of another user' });
    expect(
      await db.sql(`SELECT 1 FROM "user" u JOIN role r ON r.id = u.role_id WHERE r.name = 'SuperAdmin'`),
    ).toEqual([]);
    expect(await db.sql('SELECT 1 FROM user_auth')).toEqual([]);
  });
});
