import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The relays look at the oldest rows only: they have no use for the rows of one aggregate. */
export class OutboxIndexes1767484910000 implements MigrationInterface {
  name = 'OutboxIndexes1767484910000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_outbox_unpublished_aggregate');
    await runner.query('DROP INDEX ix_outbox_unbroadcast_aggregate');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX ix_outbox_unpublished_aggregate ON outbox (aggregate_type, aggregate_id, id)
      WHERE published_at IS NULL`);
    await runner.query(`
      CREATE INDEX ix_outbox_unbroadcast_aggregate ON outbox (aggregate_type, aggregate_id, id)
      WHERE broadcast_at IS NULL AND NOT is_job`);
  }
}
