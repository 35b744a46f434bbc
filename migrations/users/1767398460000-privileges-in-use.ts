import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A privilege that a role has been granted keeps its name: another would give the role another right. */
export class PrivilegesInUse1767398460000 implements MigrationInterface {
  name = 'PrivilegesInUse1767398460000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION refuse_renaming_privilege_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT 1 FROM role_privilege WHERE privilege_id = NEW.id AND deleted_at IS NULL) THEN
          RAISE EXCEPTION 'privilege % is in use', NEW.id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'privilege_in_use';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER refuse_renaming_privilege_in_use AFTER UPDATE OF name ON privilege
      FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
      EXECUTE FUNCTION refuse_renaming_privilege_in_use()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER refuse_renaming_privilege_in_use ON privilege');
    await runner.query('DROP FUNCTION refuse_renaming_privilege_in_use()');
  }
}
