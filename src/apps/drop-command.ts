import { DatabaseConfig } from '../platform/database/database.config.js';
import 'reflect-metadata';
import { connect } from '../platform/database/connect.js';
import { createMigrationDataSource } from '../platform/database/data-source.js';
import { dropTables } from '../platform/database/drop-tables.js';
import { JOB_SCHEMA } from '../platform/jobs/job-store.js';
import { allInOne } from './all-in-one.js';
import { runCommand } from './command.js';
import { openDatabase } from './open-database.js';
import { readConfig } from './read-config.js';

/** `npm run schema:drop`: every table, those of the queues as well. The next start makes them anew. */
await runCommand('npm run schema:drop\n', async () => {
  const config = readConfig(allInOne);
  const database = await openDatabase(config);
  const dataSource = createMigrationDataSource(database.directUrl, allInOne.schema.migrations);
  try {
    await connect(dataSource, database.directUrl, config.get(DatabaseConfig).connectTimeout);
    await dropTables(dataSource, JOB_SCHEMA);
    return 'Every table is dropped.\n';
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.stop();
  }
});
