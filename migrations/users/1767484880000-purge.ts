import type { MigrationInterface, QueryRunner } from 'typeorm';

/** user.purged_at, and indexes by which what is to be purged is found. */
export class Purge1767484880000 implements MigrationInterface {
  name = 'Purge1767484880000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "user" ADD COLUMN purged_at timestamptz');
    await runner.query(`
      CREATE INDEX ix_user_to_purge ON "user" (deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL`);
    await runner.query(`
      CREATE INDEX ix_user_identity_to_purge ON user_identity (deleted_at) WHERE deleted_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_user_identity_to_purge');
    await runner.query('DROP INDEX ix_user_to_purge');
    await runner.query('ALTER TABLE "user" DROP COLUMN purged_at');
  }
}
