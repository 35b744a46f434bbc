import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What identifies somebody or something is compared byte by byte, in a canonical form that the service makes: neither
 * case nor order of it depends on the locale of the database.
 */
export class CanonicalNames1767600050000 implements MigrationInterface {
  name = 'CanonicalNames1767600050000';

  async up(runner: QueryRunner): Promise<void> {
    await this.collatePrivileges(runner, '"C"');
    await this.canonicaliseAddresses(runner);
    await this.addKeysOfRoles(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ux_role_name');
    await runner.query('ALTER TABLE role DROP COLUMN name_key');
    await runner.query('CREATE UNIQUE INDEX ux_role_name ON role (lower(name)) WHERE deleted_at IS NULL');
    await runner.query(`
      ALTER TABLE user_identity
        ALTER COLUMN value TYPE varchar(191) COLLATE "default",
        ALTER COLUMN oauth_provider TYPE varchar(50) COLLATE "default"`);
    await this.collatePrivileges(runner, '"default"');
  }

  /** The trigger names the column, whose type cannot be changed under it. */
  private async collatePrivileges(runner: QueryRunner, collation: string): Promise<void> {
    await runner.query('DROP TRIGGER refuse_renaming_privilege_in_use ON privilege');
    await runner.query(`ALTER TABLE privilege ALTER COLUMN name TYPE varchar(64) COLLATE ${collation}`);
    await runner.query(`
      CREATE TRIGGER refuse_renaming_privilege_in_use AFTER UPDATE OF name ON privilege
      FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
      EXECUTE FUNCTION refuse_renaming_privilege_in_use()`);
  }

  /** The service stores addresses in lower case; what came in past it is brought in line. */
  private async canonicaliseAddresses(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ux_user_identity_value');
    await runner.query(`
      ALTER TABLE user_identity
        ALTER COLUMN value TYPE varchar(191) COLLATE "C",
        ALTER COLUMN oauth_provider TYPE varchar(50) COLLATE "C"`);
    await unauthored(runner, 'user_identity', async () => {
      await runner.query(`
        UPDATE user_identity SET value = translate(value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
        WHERE type = 'email' AND value ~ '[A-Z]'`);
    });
    const clashes = (await runner.query(`
      SELECT array_agg(id ORDER BY id) AS ids, array_agg(user_id ORDER BY id) AS users FROM user_identity
      WHERE type = 'email' AND deleted_at IS NULL GROUP BY value HAVING count(*) > 1 ORDER BY min(id)`)) as {
      ids: number[];
      users: number[];
    }[];
    refuse(
      'E-mail addresses that differ only in case belong to several identities',
      clashes.map(({ ids, users }) => `user_identity ${ids.join(', ')} of users ${users.join(', ')}`),
      `Keep one of each: UPDATE user_identity SET deleted_at = now() WHERE id = …`,
    );
    await runner.query(`
      CREATE UNIQUE INDEX ux_user_identity_value ON user_identity (type, value, oauth_provider) NULLS NOT DISTINCT
      WHERE deleted_at IS NULL`);
  }

  private async addKeysOfRoles(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE role ADD COLUMN name_key text COLLATE "C"');
    const roles = (await runner.query('SELECT id, name FROM role')) as { id: number; name: string }[];
    await unauthored(runner, 'role', async () => {
      for (const { id, name } of roles) {
        await runner.query('UPDATE role SET name_key = $2 WHERE id = $1', [id, keyOf(name)]);
      }
    });
    const clashes = (await runner.query(`
      SELECT array_agg(id ORDER BY id) AS ids, array_agg(name ORDER BY id) AS names FROM role
      WHERE deleted_at IS NULL GROUP BY name_key HAVING count(*) > 1 ORDER BY min(id)`)) as {
      ids: number[];
      names: string[];
    }[];
    refuse(
      'Roles have names that read alike',
      clashes.map(({ ids, names }) => `role ${ids.join(', ')}: ${names.map(ascii).join(', ')}`),
      `Give all but one of each another name: UPDATE role SET name = '…' WHERE id = …`,
    );
    await runner.query('ALTER TABLE role ALTER COLUMN name_key SET NOT NULL');
    await runner.query('DROP INDEX ux_role_name');
    await runner.query('CREATE UNIQUE INDEX ux_role_name ON role (name_key) WHERE deleted_at IS NULL');
  }
}

/** Runs `change` without noting it as the last change of the rows: nobody has made it. */
async function unauthored(runner: QueryRunner, table: string, change: () => Promise<void>): Promise<void> {
  await runner.query(`ALTER TABLE ${table} DISABLE TRIGGER set_common_columns`);
  await change();
  await runner.query(`ALTER TABLE ${table} ENABLE TRIGGER set_common_columns`);
}

const MOST = 50;

/** Stops the migration, which changes nothing then. */
function refuse(problem: string, clashes: readonly string[], remedy: string): void {
  if (clashes.length === 0) return;
  const more = clashes.length > MOST ? [`… and ${clashes.length - MOST} more`] : [];
  throw new Error(
    [
      `${problem}. Nothing was changed.`,
      ...clashes.slice(0, MOST),
      ...more,
      `${remedy}; then start again.`,
    ].join('\n'),
  );
}

/** So that a look-alike is seen for what it is. */
function ascii(name: string): string {
  const shown = Array.from(name, (letter) =>
    /[\x20-\x7e]/.test(letter) ? letter : `\\u{${letter.codePointAt(0)?.toString(16)}}`,
  );
  return `"${shown.join('')}"`;
}

// The rule of src/common/canonical-name.ts as it was when this was written.
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/gu;
const FROM = 'αβεζηικμνορτυχϳϲѕіјԛԝѵӏԁавсенкмортухһүɑɡɩ';
const TO = 'abezhikmnoptyxjcsijqwvldabcehkmoptyxhyagi';

function keyOf(name: string): string {
  return Array.from(fold(fold(name)), (letter) => TO[FROM.indexOf(letter)] ?? letter).join('');
}

function fold(text: string): string {
  const plain = text.normalize('NFKC').replace(INVISIBLE, '').toUpperCase().toLowerCase().normalize('NFKC');
  return plain.replace(/\s+/gu, ' ').trim();
}
