import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Receivers that time out are left alone for a while; a delivery that waits for a worker is not asked for again. */
export class WebhookRest1767484900000 implements MigrationInterface {
  name = 'WebhookRest1767484900000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE webhook_health
        ADD COLUMN consecutive_timeouts integer NOT NULL DEFAULT 0,
        ADD COLUMN resting_until timestamptz`);
    await runner.query('ALTER TABLE webhook_delivery ADD COLUMN asked_until timestamptz');
    await runner.query(
      'CREATE INDEX ix_webhook_delivery_asked ON webhook_delivery (webhook_id) WHERE asked_until IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_webhook_delivery_asked');
    await runner.query('ALTER TABLE webhook_delivery DROP COLUMN asked_until');
    await runner.query(`
      ALTER TABLE webhook_health DROP COLUMN consecutive_timeouts, DROP COLUMN resting_until`);
  }
}
