import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A session remembers how it was opened, so that it can end with what it was opened by. */
export class SessionOpenedBy1767600071000 implements MigrationInterface {
  name = 'SessionOpenedBy1767600071000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE session ADD COLUMN amr text[] NOT NULL DEFAULT '{}', ADD COLUMN identity_id integer`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE session DROP COLUMN amr, DROP COLUMN identity_id');
  }
}
