import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What follows from a change is part of the trace of the request that made it. */
export class OutboxTrace1767600110000 implements MigrationInterface {
  name = 'OutboxTrace1767600110000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox ADD COLUMN traceparent varchar(55)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox DROP COLUMN traceparent');
  }
}
