import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A session remembers when its user proved who they are, and the client it was opened for. Touches no row. */
export class SessionAuthTime1767600090000 implements MigrationInterface {
  name = 'SessionAuthTime1767600090000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE session ADD COLUMN auth_time timestamptz, ADD COLUMN client_id text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE session DROP COLUMN auth_time, DROP COLUMN client_id');
  }
}
