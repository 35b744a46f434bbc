// A process of its own, which has a time zone of its own: writes and reads dates of birth as the service does.
import 'reflect-metadata';
import { allInOne } from '../../dist/src/apps/all-in-one.js';
import { loadConfig } from '../../dist/src/platform/config/config.js';
import { createDataSource } from '../../dist/src/platform/database/data-source.js';
import { insertReturning, updateReturning } from '../../dist/src/platform/database/returning.js';
import { Transactions } from '../../dist/src/platform/database/transactions.js';
import { User } from '../../dist/src/users/user.entity.js';

const [url, ...days] = process.argv.slice(2);
const secrets = (names) =>
  Object.fromEntries(names.map((name) => [name, `${name} of a test, good for nothing`]));
const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: url }, allInOne.config, secrets);
const dataSource = await createDataSource(url, allInOne.schema, config).initialize();
const transactions = new Transactions(dataSource);
const users = dataSource.getRepository(User);
const each = async (work) => {
  const results = [];
  for (const [index, day] of days.entries()) results.push((await work(day, index + 1)).dob);
  return results;
};

const [{ id: roleId }] = await dataSource.query('SELECT id FROM role LIMIT 1');
const inserted = await each((dob) =>
  transactions.run({ userId: null }, (tx) => insertReturning(tx, User, { firstName: 'Ada', roleId, dob })),
);
const read = await each((_, id) => users.findOneByOrFail({ id }));
const updated = await each((dob, id) =>
  transactions.run({ userId: null }, async (tx) => {
    await updateReturning(tx, User, id, { dob: null });
    return updateReturning(tx, User, id, { dob });
  }),
);
const stored = (await dataSource.query('SELECT dob::text FROM "user" ORDER BY id')).map(({ dob }) => dob);
await dataSource.destroy();
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
process.stdout.write(JSON.stringify({ zone, inserted, read, updated, stored }));
