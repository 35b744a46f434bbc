import 'reflect-metadata';
import { openDatabase } from './src/apps/open-database.js';
import { readConfig } from './src/apps/read-config.js';
import { allInOneSchema } from './src/apps/schema.js';
import { createMigrationDataSource } from './src/platform/database/data-source.js';

/** The data source of TypeORM's command line: DATABASE_URL, or the embedded Postgres, started for the command. */
const database = await openDatabase(readConfig());

export default createMigrationDataSource(
  database.directUrl,
  allInOneSchema.migrations,
  allInOneSchema.entities,
);
