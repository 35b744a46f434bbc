import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import { AllInOneModule } from './all-in-one.js';
import { openDatabase } from './open-database.js';
import { readConfig } from './read-config.js';
import { allInOneSchema } from './schema.js';
import { assertPrepared } from './until-prepared.js';

/** A command does what it was told to and nothing of the background, whatever the process it runs beside is. */
const COMMAND = { LOG_LEVEL: 'error', SHUTDOWN_DELAY: '0', SERVICE: 'all-in-one', WORKER: 'off' };

/**
 * Does something with the services of the product, beside the process that serves: on its settings and database.
 * @throws ConfigurationError, DatabaseUnreachable, EmbeddedPostgresError, NoDatabase, NotPrepared, and what `work` throws
 */
export async function inContext<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const config = readConfig('development', COMMAND);
  const database = await openDatabase(config);
  try {
    const dataSource = await connect(
      createDataSource(database.url, allInOneSchema, config),
      database.url,
      config.database.connectTimeout,
    );
    await assertPrepared(dataSource, config);
    const app = await NestFactory.createApplicationContext(AllInOneModule.register(config, dataSource), {
      logger: ['error'],
      abortOnError: false,
    });
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  } finally {
    await database.stop();
  }
}
