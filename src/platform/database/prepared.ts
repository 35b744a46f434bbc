import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * Runs a named prepared statement, parsed and planned once per connection: for the statements every request runs.
 * `name` stands for `sql` for good.
 */
export async function queryPrepared<Row extends object>(
  dataSource: DataSource,
  name: string,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  // TypeORM's query() has no way to name a statement; its driver keeps node-postgres' pool here.
  const { master } = dataSource.driver as unknown as { master: Pool };
  const { rows } = await master.query<Row>({ name, text: sql, values: [...parameters] });
  return rows;
}
