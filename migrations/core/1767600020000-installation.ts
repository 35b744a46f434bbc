import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What this installation is called where it shares a server with others: in keys, queues and channels. */
export class Installation1767600020000 implements MigrationInterface {
  name = 'Installation1767600020000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE installation (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        is_only boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_installation PRIMARY KEY (is_only),
        CONSTRAINT ck_installation_is_only CHECK (is_only)
      )`);
    await runner.query('INSERT INTO installation DEFAULT VALUES');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE installation');
  }
}
