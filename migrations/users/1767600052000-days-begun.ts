import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Nobody is born in the future: on no day that has not begun anywhere on earth (UTC+14), whatever the session's zone. */
export class DaysBegun1767600052000 implements MigrationInterface {
  name = 'DaysBegun1767600052000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE "user" DROP CONSTRAINT ck_user_dob,
        ADD CONSTRAINT ck_user_dob CHECK (dob <= (now() AT TIME ZONE 'UTC' + interval '14 hours')::date)`);
  }

  /** Those born on a day that has begun elsewhere only are left as they are. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE "user" DROP CONSTRAINT ck_user_dob,
        ADD CONSTRAINT ck_user_dob CHECK (dob <= CURRENT_DATE) NOT VALID`);
  }
}
