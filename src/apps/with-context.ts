import type { INestApplicationContext } from '@nestjs/common';
import type { DestinationStream } from 'pino';
import type { DataSource } from 'typeorm';
import { createContext } from '../app.setup.js';
import type { Config } from '../platform/config/config.js';
import type { ProcessConfig } from '../platform/config/process.config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
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

export interface ContextOptions {
  /** Override what is set. Default: the log says errors only. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What NODE_ENV is when it is not set. Default: development. */
  readonly environment?: ProcessConfig['environment'];
  /** Where the log goes, where standard output is for something else. */
  readonly log?: DestinationStream;
  /** Told while the database is being connected to. */
  readonly connecting?: (url: string, connected: Promise<DataSource>) => Promise<DataSource>;
}

/**
 * Does something with the services of a process, beside the one that serves: on its settings and database.
 * @throws ConfigurationError, DatabaseUnreachable, EmbeddedPostgresError, NotPrepared, and what `work` throws
 */
export async function withContext<T>(
  definition: ProcessDefinition,
  work: (context: INestApplicationContext, config: Config) => Promise<T>,
  {
    settings = QUIET,
    environment = 'development',
    log,
    connecting = (_, connected) => connected,
  }: ContextOptions = {},
): Promise<T> {
  const config = readConfig(definition, environment, { ...COMMAND, ...settings });
  const database = await openDatabase(config);
  try {
    const dataSource = createDataSource(database.url, definition.schema, config);
    await connecting(
      database.url,
      connect(dataSource, database.url, config.get(DatabaseConfig).connectTimeout),
    );
    await assertPrepared(dataSource, config);
    const context = await createContext(definition, config, dataSource, log);
    try {
      return await work(context, config);
    } finally {
      await context.close();
    }
  } finally {
    await database.stop();
  }
}
