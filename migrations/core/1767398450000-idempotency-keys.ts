import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests that may be repeated with the same key, and what was answered. */
export class IdempotencyKeys1767398450000 implements MigrationInterface {
  name = 'IdempotencyKeys1767398450000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TYPE idempotency_state AS ENUM ('started', 'committed', 'done')`);
    await runner.query(`
      CREATE TABLE idempotency_key (
        user_id integer NOT NULL,
        route varchar(128) NOT NULL,
        key varchar(255) NOT NULL,
        fingerprint bytea NOT NULL,
        attempt uuid NOT NULL DEFAULT gen_random_uuid(),
        state idempotency_state NOT NULL DEFAULT 'started',
        locked_until timestamptz NOT NULL,
        status smallint,
        body text,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency_key PRIMARY KEY (user_id, route, key)
      )`);
    await runner.query('CREATE INDEX ix_idempotency_key_created_at ON idempotency_key (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE idempotency_key');
    await runner.query('DROP TYPE idempotency_state');
  }
}
