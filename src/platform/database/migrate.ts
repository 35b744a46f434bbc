import type { DataSource } from 'typeorm';

/** Any constant will do, as long as every process of the product uses the same. */
const MIGRATION_LOCK = 4_172_360_001;

/**
 * Runs the pending migrations and then `seed`, under an advisory lock: of several processes that start together
 * one does the work, the others wait and find it done. Returns the names of the migrations that ran.
 */
export async function migrate(dataSource: DataSource, seed: () => Promise<void>): Promise<string[]> {
  const lockHolder = dataSource.createQueryRunner();
  try {
    await lockHolder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const ran = await dataSource.runMigrations();
      await seed();
      return ran.map((migration) => migration.name);
    } finally {
      await lockHolder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await lockHolder.release();
  }
}
