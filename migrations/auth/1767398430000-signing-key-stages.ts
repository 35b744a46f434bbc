import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a signing key entered the stage it is in. */
export class SigningKeyStages1767398430000 implements MigrationInterface {
  name = 'SigningKeyStages1767398430000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE signing_key ADD COLUMN state_changed_at timestamptz NOT NULL DEFAULT now()',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE signing_key DROP COLUMN state_changed_at');
  }
}
