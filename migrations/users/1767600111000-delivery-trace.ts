import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Attempts at a delivery are part of the trace of the change it tells of, however much later they are made. */
export class DeliveryTrace1767600111000 implements MigrationInterface {
  name = 'DeliveryTrace1767600111000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_delivery ADD COLUMN traceparent varchar(55)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_delivery DROP COLUMN traceparent');
  }
}
