import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts failures by address and by known device; see ThrottleRepository. */
export class Throttle1767398420000 implements MigrationInterface {
  name = 'Throttle1767398420000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE throttle (
        key bytea CONSTRAINT pk_throttle PRIMARY KEY,
        fails integer NOT NULL,
        window_start timestamptz NOT NULL,
        locked_until timestamptz
      )`);
    await runner.query('CREATE INDEX ix_throttle_window_start ON throttle (window_start)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE throttle');
  }
}
