import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { isStalePlan, type ServerError } from './database-failure.js';

/**
 * Runs a named prepared statement, parsed and planned once per connection: for the statements every request runs.
 * `name` stands for `sql` for good. When a table has changed since it was planned it is planned anew, once: it runs alone,
 * so that nothing was changed by the first try. Behind a pooler it has no name (see {@link settle}) and is parsed each time.
 */
export async function queryPrepared<Row extends object>(
  dataSource: DataSource,
  name: string,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  // TypeORM's query() has no way to name a statement; its driver keeps node-postgres' pool here.
  const { master } = dataSource.driver as unknown as { master: Pool };
  const run = async () => (await master.query<Row>({ name, text: sql, values: [...parameters] })).rows;
  try {
    return await run();
  } catch (error) {
    // The pool has given up the connections that planned it.
    if (isStalePlan(error as ServerError)) return run();
    throw error;
  }
}
