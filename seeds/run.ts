import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { openDatabase } from '../src/apps/open-database.js';
import { prepareDatabase } from '../src/apps/prepare-database.js';
import { administratorLines } from '../src/apps/banner.js';
import { loadConfig } from '../src/platform/config/config.js';
import { developmentSecrets } from '../src/platform/config/development-secrets.js';

/** `npm run seed:run`: pending migrations, then whatever is missing of privileges, roles and the first administrator. */
if (existsSync('.env')) process.loadEnvFile('.env');
const config = loadConfig(process.env, developmentSecrets);
const database = await openDatabase(config);
try {
  const administrator = await prepareDatabase(database.url, config);
  process.stdout.write(
    ['Migrations and seeds are up to date.', ...administratorLines(config, administrator), ''].join('\n'),
  );
} finally {
  await database.stop();
}
