import { type DataSource, QueryFailedError } from 'typeorm';

const UNDEFINED_TABLE = '42P01';

/** Names of the migrations of this code that the database has not run, oldest first. Those of newer code do not matter. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const ran = await migrationsRun(dataSource);
  return dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .filter((name) => !ran.has(name));
}

/** Whether a table has no row at all: seeds have not run. `table` is a name of ours, never of a request. */
export async function isEmpty(dataSource: DataSource, table: string): Promise<boolean> {
  return (await dataSource.query<unknown[]>(`SELECT 1 FROM "${table}" LIMIT 1`)).length === 0;
}

/** None in a database without the table that notes them. */
async function migrationsRun(dataSource: DataSource): Promise<Set<string>> {
  try {
    const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migration');
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    const { code } = error instanceof QueryFailedError ? (error.driverError as { code?: string }) : {};
    if (code === UNDEFINED_TABLE) return new Set();
    throw error;
  }
}
