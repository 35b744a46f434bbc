import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An index behind the deliveries of a webhook in one state, built as those of UserLists1767600100000 and for its reasons. */
export class DeliveryStates1767600101000 implements MigrationInterface {
  name = 'DeliveryStates1767600101000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS ix_webhook_delivery_state');
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_webhook_delivery_state ON webhook_delivery (webhook_id, state, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_webhook_delivery_state');
  }
}
