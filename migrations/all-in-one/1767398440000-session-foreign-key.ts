import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The foreign key from sessions to users. Only where both share one database. */
export class SessionForeignKey1767398440000 implements MigrationInterface {
  name = 'SessionForeignKey1767398440000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE session
        ADD CONSTRAINT fk_session_user FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE session DROP CONSTRAINT fk_session_user');
  }
}
