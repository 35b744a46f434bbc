import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Budgets of messages are found by their destination; codes to sign in with are kept apart for each asker; notices
 * without a budget wait. Budgets from before are counted under other keys: they are removed when their day is over.
 */
export class MessageBudgets1767600060000 implements MigrationInterface {
  name = 'MessageBudgets1767600060000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE send_budget ADD COLUMN destination bytea');
    await runner.query('CREATE INDEX ix_send_budget_destination ON send_budget (destination)');
    await runner.query(`
      CREATE TABLE sign_in_code (
        id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sign_in_code PRIMARY KEY,
        identity_id integer NOT NULL
          CONSTRAINT fk_sign_in_code_identity REFERENCES user_identity (id) ON DELETE CASCADE,
        asker bytea NOT NULL,
        is_known boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        otp_code varchar(10),
        otp_challenge uuid,
        otp_purpose varchar(16),
        otp_generated_at timestamptz,
        wrong_otp_count integer NOT NULL DEFAULT 0,
        otp_locked_until timestamptz,
        otp_failures integer NOT NULL DEFAULT 0
      )`);
    await runner.query('CREATE UNIQUE INDEX ux_sign_in_code_asker ON sign_in_code (identity_id, asker)');
    await runner.query('CREATE UNIQUE INDEX ux_sign_in_code_otp_challenge ON sign_in_code (otp_challenge)');
    await runner.query('CREATE INDEX ix_sign_in_code_created_at ON sign_in_code (created_at)');
    await runner.query(`
      CREATE TABLE waiting_notice (
        id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_waiting_notice PRIMARY KEY,
        identity_id integer NOT NULL
          CONSTRAINT fk_waiting_notice_identity REFERENCES user_identity (id) ON DELETE CASCADE,
        kind varchar(32) NOT NULL,
        notice jsonb NOT NULL,
        ref varchar(64) NOT NULL,
        due_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE UNIQUE INDEX ux_waiting_notice_ref ON waiting_notice (identity_id, ref)');
    await runner.query('CREATE INDEX ix_waiting_notice_due_at ON waiting_notice (due_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE waiting_notice');
    await runner.query('DROP TABLE sign_in_code');
    await runner.query('DROP INDEX ix_send_budget_destination');
    await runner.query('ALTER TABLE send_budget DROP COLUMN destination');
  }
}
