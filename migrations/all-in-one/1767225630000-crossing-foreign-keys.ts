import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['user_auth', 'password_reset'];

/** Foreign keys from the tables of auth to those of users. Only where both share one database. */
export class CrossingForeignKeys1767225630000 implements MigrationInterface {
  name = 'CrossingForeignKeys1767225630000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`
        ALTER TABLE ${table}
          ADD CONSTRAINT fk_${table}_user FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE,
          ADD CONSTRAINT fk_${table}_created_by FOREIGN KEY (created_by) REFERENCES "user" (id) ON DELETE SET NULL,
          ADD CONSTRAINT fk_${table}_updated_by FOREIGN KEY (updated_by) REFERENCES "user" (id) ON DELETE SET NULL`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`
        ALTER TABLE ${table}
          DROP CONSTRAINT fk_${table}_user,
          DROP CONSTRAINT fk_${table}_created_by,
          DROP CONSTRAINT fk_${table}_updated_by`);
    }
  }
}
