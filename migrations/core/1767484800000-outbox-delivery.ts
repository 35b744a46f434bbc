import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the relay needs of the outbox, and the inbox of consumers. */
export class OutboxDelivery1767484800000 implements MigrationInterface {
  name = 'OutboxDelivery1767484800000';

  async up(runner: QueryRunner): Promise<void> {
    // is_job: for one handler of ours, never told to others. broadcast_at: confirmed by the message broker.
    await runner.query(`
      ALTER TABLE outbox
        ADD COLUMN is_job boolean NOT NULL DEFAULT false,
        ADD COLUMN broadcast_at timestamptz`);
    await runner.query(`
      CREATE INDEX ix_outbox_unpublished_aggregate ON outbox (aggregate_type, aggregate_id, id)
      WHERE published_at IS NULL`);
    await runner.query(`
      CREATE INDEX ix_outbox_unbroadcast ON outbox (id) WHERE broadcast_at IS NULL AND NOT is_job`);
    await runner.query(`
      CREATE INDEX ix_outbox_unbroadcast_aggregate ON outbox (aggregate_type, aggregate_id, id)
      WHERE broadcast_at IS NULL AND NOT is_job`);
    await runner.query('CREATE INDEX ix_outbox_published_at ON outbox (published_at)');
    await runner.query(`
      CREATE TABLE inbox (
        consumer varchar(64) NOT NULL,
        event_id uuid NOT NULL,
        handled_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_inbox PRIMARY KEY (consumer, event_id)
      )`);
    await runner.query('CREATE INDEX ix_inbox_handled_at ON inbox (handled_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE inbox');
    await runner.query('DROP INDEX ix_outbox_published_at');
    await runner.query('DROP INDEX ix_outbox_unpublished_aggregate');
    await runner.query('ALTER TABLE outbox DROP COLUMN is_job, DROP COLUMN broadcast_at');
  }
}
