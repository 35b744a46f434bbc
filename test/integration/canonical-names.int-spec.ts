import { CanonicalUsernames1767600051000 } from '../../migrations/auth/1767600051000-canonical-usernames.js';
import { CanonicalNames1767600050000 } from '../../migrations/users/1767600050000-canonical-names.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { canonicalName } from '../../src/common/canonical-name.js';
import { createMigrationDataSource } from '../../src/platform/database/data-source.js';
import { emptyDatabase } from '../support/database.js';
import { only, openSql, type Sql } from './fixture.js';

const NEW = [CanonicalNames1767600050000, CanonicalUsernames1767600051000];
const OLD = allInOne.schema.migrations.slice(
  0,
  allInOne.schema.migrations.findIndex((migration) => NEW.some((one) => one === migration)),
);

/** An installation of before, with two users; `migrate` brings it up to date. */
async function withOldDatabase(
  work: (sql: Sql, migrate: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const url = await emptyDatabase('canonical');
  const run = async (migrations: typeof allInOne.schema.migrations) => {
    const dataSource = await createMigrationDataSource(url, migrations).initialize();
    const output = jest.spyOn(console, 'log').mockImplementation();
    try {
      await dataSource.runMigrations();
    } finally {
      output.mockRestore();
      await dataSource.destroy();
    }
  };
  await run(OLD);
  const { sql, end } = await openSql(url);
  try {
    await sql(`INSERT INTO role (name) VALUES ('SuperAdmin'), ('User'), ('Straße 7')`);
    await sql(`INSERT INTO "user" (first_name, role_id) VALUES ('Ada', 1), ('Grace', 2)`);
    await work(sql, () => run([...OLD, ...NEW]));
  } finally {
    jest.restoreAllMocks();
    await end();
  }
}

const username = (sql: Sql, user: number, name: string) =>
  sql(`INSERT INTO user_auth (user_id, username, password_hash) VALUES ($1, $2, '!')`, [user, name]);
const address = (sql: Sql, user: number, value: string) =>
  sql(`INSERT INTO user_identity (user_id, type, value) VALUES ($1, 'email', $2)`, [user, value]);
const namesOf = (sql: Sql) =>
  sql(`SELECT 'role' AS of, name AS text FROM role UNION ALL SELECT 'user', username FROM user_auth
       UNION ALL SELECT 'address', value FROM user_identity ORDER BY 1, 2`);

describe('the migration to canonical names', () => {
  it('F2: keeps what there is, and says of nobody that they changed it', async () => {
    await withOldDatabase(async (sql, migrate) => {
      await username(sql, 1, 'Ada.IDA');
      await username(sql, 2, 'grace');
      await address(sql, 1, 'Ada@EXAMPLE.com');
      await address(sql, 2, 'grace@example.com');
      await sql(`INSERT INTO user_identity (user_id, type, value, oauth_provider, is_verified, is_primary)
                 VALUES (1, 'oauth', 'Sub-JECT', 'google', NULL, NULL)`);
      const stamps = () =>
        sql(`SELECT updated_at FROM role UNION ALL SELECT updated_at FROM user_auth
             UNION ALL SELECT updated_at FROM user_identity ORDER BY 1`);
      const before = await stamps();
      await migrate();
      expect(await stamps()).toEqual(before);
      expect(await sql('SELECT name, name_key AS key FROM role ORDER BY id')).toEqual(
        ['SuperAdmin', 'User', 'Straße 7'].map((name) => ({ name, key: canonicalName(name) })),
      );
      expect(await sql('SELECT username FROM user_auth ORDER BY id')).toEqual([
        { username: 'ada.ida' },
        { username: 'grace' },
      ]);
      expect(await sql('SELECT value FROM user_identity ORDER BY id')).toEqual([
        { value: 'ada@example.com' },
        { value: 'grace@example.com' },
        { value: 'Sub-JECT' },
      ]);
      // From now on it is noted again who changes what.
      await sql(`SELECT set_config('gatehouse.author', '2', false)`);
      await sql(`UPDATE user_auth SET username = 'ada' WHERE id = 1`);
      expect(only(await sql('SELECT updated_by FROM user_auth WHERE id = 1'))).toEqual({ updated_by: 2 });
    });
  });

  it.each<[string, (sql: Sql) => Promise<unknown>, readonly string[], string]>([
    [
      'roles that read alike',
      (sql) => sql(`INSERT INTO role (name) VALUES ('Super\u200bAdmin'), ('\u0410udit'), ('Audit')`),
      ['role 1, 4: "SuperAdmin", "Super\\u{200b}Admin"', 'role 5, 6: "\\u{410}udit", "Audit"'],
      `UPDATE role SET name = 'R' || id WHERE id IN (4, 5)`,
    ],
    [
      'addresses that differ in case',
      async (sql) => {
        await address(sql, 1, 'ada@example.com');
        await address(sql, 2, 'ADA@example.com');
      },
      ['user_identity 1, 2 of users 1, 2'],
      'UPDATE user_identity SET deleted_at = now() WHERE id = 2',
    ],
    [
      'usernames that differ in case',
      async (sql) => {
        // What the old index let in under Turkish rules.
        await sql('DROP INDEX ux_user_auth_username');
        await username(sql, 1, 'IDA');
        await username(sql, 2, 'ida');
        await sql('CREATE INDEX ux_user_auth_username ON user_auth (username)');
      },
      ['ida: users 1, 2'],
      'UPDATE user_auth SET username = NULL WHERE user_id = 2',
    ],
  ])('F2: stops before %s, changes nothing and says what to do', async (_, clash, told, remedy) => {
    await withOldDatabase(async (sql, migrate) => {
      await clash(sql);
      const before = await namesOf(sql);
      const refusal = await migrate().then(
        () => '',
        (error: unknown) => String(error),
      );
      for (const line of [...told, 'Nothing was changed.', 'then start again.'])
        expect(refusal).toContain(line);
      expect(await namesOf(sql)).toEqual(before);
      await sql(remedy);
      await migrate();
      expect(await sql(`SELECT 1 FROM migration WHERE name LIKE 'Canonical%'`)).toHaveLength(NEW.length);
    });
  });
});
