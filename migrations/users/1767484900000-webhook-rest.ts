import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Receivers that time out are left alone for a while; and what is asked for counts like what is being made. */
export class WebhookRest1767484900000 implements MigrationInterface {
  name = 'WebhookRest1767484900000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE webhook_health
        ADD COLUMN consecutive_timeouts integer NOT NULL DEFAULT 0,
        ADD COLUMN resting_until timestamptz`);
    await runner.query('DROP INDEX ix_webhook_delivery_claimed');
    await runner.query(`
      CREATE INDEX ix_webhook_delivery_claimed_until ON webhook_delivery (webhook_id, claimed_until)
      WHERE claimed_until IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_webhook_delivery_claimed_until');
    await runner.query(
      'CREATE INDEX ix_webhook_delivery_claimed ON webhook_delivery (webhook_id) WHERE claim IS NOT NULL',
    );
    await runner.query(`
      ALTER TABLE webhook_health DROP COLUMN consecutive_timeouts, DROP COLUMN resting_until`);
  }
}
