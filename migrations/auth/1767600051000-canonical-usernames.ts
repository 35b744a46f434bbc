import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Usernames are stored in lower case and compared byte by byte, whatever the locale of the database. */
export class CanonicalUsernames1767600051000 implements MigrationInterface {
  name = 'CanonicalUsernames1767600051000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ux_user_auth_username');
    await runner.query('ALTER TABLE user_auth ALTER COLUMN username TYPE varchar(100) COLLATE "C"');
    // Nobody has made this change: it is not noted as one.
    await runner.query('ALTER TABLE user_auth DISABLE TRIGGER set_common_columns');
    await runner.query(`
      UPDATE user_auth
      SET username = translate(username, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
      WHERE username ~ '[A-Z]'`);
    await runner.query('ALTER TABLE user_auth ENABLE TRIGGER set_common_columns');
    await this.refuseClashes(runner);
    await runner.query(
      'CREATE UNIQUE INDEX ux_user_auth_username ON user_auth (username) WHERE deleted_at IS NULL',
    );
    await runner.query(`
      ALTER TABLE user_auth DROP CONSTRAINT ck_user_auth_username,
        ADD CONSTRAINT ck_user_auth_username CHECK (username !~ '[@+A-Z]' AND username !~ '^[0-9]')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE user_auth DROP CONSTRAINT ck_user_auth_username,
        ADD CONSTRAINT ck_user_auth_username CHECK (username !~ '[@+]' AND username !~ '^[0-9]')`);
    await runner.query('DROP INDEX ux_user_auth_username');
    await runner.query('ALTER TABLE user_auth ALTER COLUMN username TYPE varchar(100) COLLATE "default"');
    await runner.query(
      'CREATE UNIQUE INDEX ux_user_auth_username ON user_auth (lower(username)) WHERE deleted_at IS NULL',
    );
  }

  /** A clash stops the migration, which changes nothing then. */
  private async refuseClashes(runner: QueryRunner): Promise<void> {
    const clashes = (await runner.query(`
      SELECT username, array_agg(user_id ORDER BY user_id) AS users FROM user_auth
      WHERE deleted_at IS NULL AND username IS NOT NULL
      GROUP BY username HAVING count(*) > 1 ORDER BY username`)) as { username: string; users: number[] }[];
    if (clashes.length === 0) return;
    const listed = clashes
      .slice(0, 50)
      .map(({ username, users }) => `${username}: users ${users.join(', ')}`);
    if (clashes.length > listed.length) listed.push(`… and ${clashes.length - listed.length} more`);
    throw new Error(
      [
        'Usernames that differ only in case belong to several users. Nothing was changed.',
        ...listed,
        `Give all but one of each another username, or none: UPDATE user_auth SET username = NULL WHERE user_id = …; then start again.`,
      ].join('\n'),
    );
  }
}
