import type { MigrationInterface, QueryRunner } from 'typeorm';

const COUNT = 'UPDATE role SET version = version + 1';
const AFFECTED = `(name = 'SuperAdmin' AND EXISTS (SELECT 1 FROM changed)) OR id IN (
          SELECT role_id FROM role_privilege JOIN changed ON changed.id = privilege_id
          WHERE role_privilege.deleted_at IS NULL)`;

/**
 * Roles are locked in one order, SuperAdmin first: as by whoever takes away a SuperAdmin, who then locks the new role.
 * In the order of the table the two could wait for each other.
 */
export class PrivilegeChangeLocks1767600070000 implements MigrationInterface {
  name = 'PrivilegeChangeLocks1767600070000';

  async up(runner: QueryRunner): Promise<void> {
    await this.replace(
      runner,
      `WITH locked AS MATERIALIZED (
          SELECT id FROM role WHERE ${AFFECTED} ORDER BY name <> 'SuperAdmin', id FOR NO KEY UPDATE)
        ${COUNT} WHERE id IN (SELECT id FROM locked)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.replace(runner, `${COUNT} WHERE ${AFFECTED}`);
  }

  private async replace(runner: QueryRunner, statement: string): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION count_privilege_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        ${statement};
        RETURN NULL;
      END $$`);
  }
}
