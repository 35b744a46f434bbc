import type { MigrationInterface, QueryRunner } from 'typeorm';

/** user.language: the language messages to this person are written in. */
export class UserLanguage1767484810000 implements MigrationInterface {
  name = 'UserLanguage1767484810000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "user" ADD COLUMN language varchar(8) NOT NULL DEFAULT 'en'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "user" DROP COLUMN language');
  }
}
