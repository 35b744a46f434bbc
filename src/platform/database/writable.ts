import type { DataSource } from 'typeorm';

/**
 * Rejects like a write when the server takes none, although it finds and locks no row: the connection is then given up as
 * after any write that is refused.
 */
export async function assertWritable(dataSource: DataSource): Promise<void> {
  await dataSource.query('SELECT 1 FROM outbox WHERE false FOR UPDATE');
}
