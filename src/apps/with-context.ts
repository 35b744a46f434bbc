import { DatabaseConfig } from '../platform/database/database.config.js';
import type { INestApplicationContext } from '@nestjs/common';
import { createContext } from '../app.setup.js';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import { openDatabase } from './open-database.js';
import type { ProcessDefinition } from './process.js';
import { readConfig } from './read-config.js';
import { assertPrepared } from './until-prepared.js';

/** A command does what it was told to and nothing of the background, whatever the process it runs beside is. */
const COMMAND = { SHUTDOWN_DELAY: '0', SERVICE: 'all-in-one', WORKER: 'off' };
/** What it has to say it says itself. */
const QUIET = { LOG_LEVEL: 'error' };

/**
 * Does something with the services of a process, beside the one that serves: on its settings and database.
 * @throws ConfigurationError, DatabaseUnreachable, EmbeddedPostgresError, NotPrepared, and what `work` throws
 */
export async function withContext<T>(
  definition: ProcessDefinition,
  work: (context: INestApplicationContext) => Promise<T>,
  settings: Readonly<Record<string, string>> = QUIET,
): Promise<T> {
  const config = readConfig(definition, 'development', { ...COMMAND, ...settings });
  const database = await openDatabase(config);
  try {
    const dataSource = await connect(
      createDataSource(database.url, definition.schema, config),
      database.url,
      config.get(DatabaseConfig).connectTimeout,
    );
    await assertPrepared(dataSource, config);
    const context = await createContext(definition, config, dataSource);
    try {
      return await work(context);
    } finally {
      await context.close();
    }
  } finally {
    await database.stop();
  }
}
