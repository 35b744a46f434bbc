import 'reflect-metadata';
import { allInOne } from '../src/apps/all-in-one.js';
import { openDatabase } from '../src/apps/open-database.js';
import { environmentOf, readConfig } from '../src/apps/read-config.js';
import { prepareDatabase } from '../src/apps/prepare-database.js';
import { administratorLines } from '../src/apps/banner.js';

/** `npm run seed:run`: pending migrations, then whatever is missing of privileges, roles and the first administrator. */
const config = readConfig(allInOne, environmentOf(process.argv));
const database = await openDatabase(config);
try {
  const administrator = await prepareDatabase(allInOne, database.directUrl, config);
  process.stdout.write(
    ['Migrations and seeds are up to date.', ...administratorLines(administrator), ''].join('\n'),
  );
} finally {
  await database.stop();
}
