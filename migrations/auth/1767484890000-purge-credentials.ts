import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes by which the credentials of a purged user and old tokens to set passwords with are found. */
export class PurgeCredentials1767484890000 implements MigrationInterface {
  name = 'PurgeCredentials1767484890000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX ix_user_auth_deleted_user ON user_auth (user_id) WHERE deleted_at IS NOT NULL',
    );
    await runner.query('CREATE INDEX ix_password_reset_expires_at ON password_reset (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_password_reset_expires_at');
    await runner.query('DROP INDEX ix_user_auth_deleted_user');
  }
}
