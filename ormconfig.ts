import 'reflect-metadata';
import { allInOne } from './src/apps/all-in-one.js';
import { openDatabase } from './src/apps/open-database.js';
import { readConfig } from './src/apps/read-config.js';
import { createMigrationDataSource } from './src/platform/database/data-source.js';

/** The data source of TypeORM's command line: DATABASE_URL, or the embedded Postgres, started for the command. */
const database = await openDatabase(readConfig(allInOne));

export default createMigrationDataSource(
  database.directUrl,
  allInOne.schema.migrations,
  allInOne.schema.entities,
);
