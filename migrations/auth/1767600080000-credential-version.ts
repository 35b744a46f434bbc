import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is bound to a password, the cookies of known devices, names its version. */
export class CredentialVersion1767600080000 implements MigrationInterface {
  name = 'CredentialVersion1767600080000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE user_auth ADD COLUMN credential_version integer NOT NULL DEFAULT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE user_auth DROP COLUMN credential_version');
  }
}
