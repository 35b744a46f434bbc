import type { DataSource } from 'typeorm';

/** Drops every table of ours, and `schema` with all that is in it. What is left is what the migrations replace. */
export async function dropTables(dataSource: DataSource, schema: string): Promise<void> {
  await dataSource.dropDatabase();
  await dataSource.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
}
