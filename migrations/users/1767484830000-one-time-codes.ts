import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a one-time code of an identity is bound to, and how much is sent to one destination. */
export class OneTimeCodes1767484830000 implements MigrationInterface {
  name = 'OneTimeCodes1767484830000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE user_identity
        ADD COLUMN otp_challenge uuid,
        ADD COLUMN otp_purpose varchar(16),
        ADD COLUMN otp_failures integer NOT NULL DEFAULT 0`);
    await runner.query(`
      CREATE UNIQUE INDEX ux_user_identity_otp_challenge ON user_identity (otp_challenge)
      WHERE otp_challenge IS NOT NULL`);
    await runner.query(`
      CREATE TABLE send_budget (
        key bytea CONSTRAINT pk_send_budget PRIMARY KEY,
        hour_start timestamptz NOT NULL,
        hour_count integer NOT NULL,
        day_start timestamptz NOT NULL,
        day_count integer NOT NULL,
        last_sent_at timestamptz,
        last_ref varchar(64) NOT NULL
      )`);
    await runner.query('CREATE INDEX ix_send_budget_day_start ON send_budget (day_start)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE send_budget');
    await runner.query('DROP INDEX ux_user_identity_otp_challenge');
    await runner.query(`
      ALTER TABLE user_identity DROP COLUMN otp_challenge, DROP COLUMN otp_purpose, DROP COLUMN otp_failures`);
  }
}
