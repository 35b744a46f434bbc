import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People who have asked for an account and not yet proved their address. Only then is there a user. */
export class Registrations1767484840000 implements MigrationInterface {
  name = 'Registrations1767484840000';

  async up(runner: QueryRunner): Promise<void> {
    // The columns of the code are named as on user_identity: the same statements serve both.
    await runner.query(`
      CREATE TABLE registration (
        id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_registration PRIMARY KEY,
        first_name varchar(64) NOT NULL,
        last_name varchar(64),
        language varchar(8) NOT NULL,
        contact_type varchar(8) NOT NULL
          CONSTRAINT ck_registration_contact_type CHECK (contact_type IN ('email', 'mobile')),
        contact_value varchar(191) NOT NULL,
        password_hash varchar(256) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        otp_code varchar(10),
        otp_challenge uuid NOT NULL,
        otp_purpose varchar(16),
        otp_generated_at timestamptz,
        wrong_otp_count integer NOT NULL DEFAULT 0,
        otp_locked_until timestamptz,
        otp_failures integer NOT NULL DEFAULT 0
      )`);
    await runner.query('CREATE UNIQUE INDEX ux_registration_otp_challenge ON registration (otp_challenge)');
    await runner.query('CREATE INDEX ix_registration_created_at ON registration (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registration');
  }
}
