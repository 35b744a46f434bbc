import type { MigrationInterface, QueryRunner } from 'typeorm';

/** user.auth_version: goes up with every change of what the user may do, whoever makes it. */
export class AuthVersion1767398400000 implements MigrationInterface {
  name = 'AuthVersion1767398400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "user" ADD COLUMN auth_version integer NOT NULL DEFAULT 1');
    await runner.query(`
      CREATE OR REPLACE FUNCTION count_auth_version() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.auth_version := OLD.auth_version + 1;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER count_auth_version BEFORE UPDATE ON "user" FOR EACH ROW
      WHEN ((OLD.role_id, OLD.is_active, OLD.deleted_at) IS DISTINCT FROM (NEW.role_id, NEW.is_active, NEW.deleted_at))
      EXECUTE FUNCTION count_auth_version()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER count_auth_version ON "user"');
    await runner.query('DROP FUNCTION count_auth_version()');
    await runner.query('ALTER TABLE "user" DROP COLUMN auth_version');
  }
}
