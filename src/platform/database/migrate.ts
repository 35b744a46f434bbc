import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';

/** Any constant will do, as long as every process of the product uses the same. */
const MIGRATION_LOCK = 4_172_360_001;

/**
 * Lets the server notice that who waits for the lock has gone: else its connections wait on, one more with each restart.
 * Servers on some systems cannot.
 */
const END_WITH_CLIENT = `DO $$ BEGIN
  SET LOCAL client_connection_check_interval = '1s';
EXCEPTION WHEN OTHERS THEN NULL; END $$`;

/**
 * Runs the pending migrations and then `seed`, under an advisory lock: of several processes that start together
 * one does the work, the others wait and find it done. Returns the names of the migrations that ran.
 *
 * The lock is a transaction's, which ends with its connection, also behind a pooler that keeps sessions.
 */
export async function migrate(dataSource: DataSource, seed: () => Promise<void>): Promise<string[]> {
  const lockHolder = dataSource.createQueryRunner();
  try {
    await lockHolder.startTransaction();
    await takeLock(lockHolder);
    const ran = await dataSource.runMigrations();
    await seed();
    await lockHolder.commitTransaction();
    return ran.map((migration) => migration.name);
  } catch (error) {
    await lockHolder.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await lockHolder.release();
  }
}

async function takeLock(runner: QueryRunner): Promise<void> {
  const [taken] = (await runner.query('SELECT pg_try_advisory_xact_lock($1) AS "isMine"', [
    MIGRATION_LOCK,
  ])) as [{ isMine: boolean }];
  if (taken.isMine) return;
  new Logger('Migrations').log('Another process brings the database up to date; waiting for it');
  await runner.query(END_WITH_CLIENT);
  await runner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
}
