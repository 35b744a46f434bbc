import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { openDatabase } from './src/apps/open-database.js';
import { allInOneSchema } from './src/apps/schema.js';
import { loadConfig } from './src/platform/config/config.js';
import { developmentSecrets } from './src/platform/config/development-secrets.js';
import { createMigrationDataSource } from './src/platform/database/data-source.js';

/** The data source of TypeORM's command line: DATABASE_URL, or the embedded Postgres, started for the command. */
if (existsSync('.env')) process.loadEnvFile('.env');
const database = await openDatabase(loadConfig(process.env, developmentSecrets));

export default createMigrationDataSource(database.url, allInOneSchema.migrations, allInOneSchema.entities);
