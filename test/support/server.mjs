// The database server of a test run. Plain JavaScript over the build: it runs before Jest.
import 'reflect-metadata';
import { existsSync, readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { allInOne } from '../../dist/src/apps/all-in-one.js';
import { createMigrationDataSource } from '../../dist/src/platform/database/data-source.js';
import { EmbeddedPostgres } from '../../tools/embedded-postgres/embedded-postgres.ts';
import { migrateJobSchema } from '../../dist/src/platform/jobs/job-schema.js';
import { migrate } from '../../dist/src/platform/database/migrate.js';
import { seedPrivilegesAndRoles } from '../../dist/seeds/privileges-and-roles.js';

const PREFIX = 'gatehouse_test_';

function withDatabase(url, name) {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function run(url, sql, parameters) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, parameters)).rows;
  } finally {
    await client.end();
  }
}

/** Databases of runs that were killed: their process is gone. Only ours, by name. */
async function dropLeftovers(url) {
  const rows = await run(url, 'SELECT datname FROM pg_database WHERE datname LIKE $1', [`${PREFIX}%`]);
  for (const { datname } of rows) {
    const pid = Number(datname.slice(PREFIX.length).split('_')[0]);
    if (!isAlive(pid)) await run(url, `DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Whether something accepts connections there, within a second. */
function answers(url, defaultPort) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port || defaultPort), timeout: 1_000 });
    const done = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}

/** Tells the workers which Redis to use; without one the tests that need it are left out, visibly. */
async function findRedis() {
  const url = process.env.REDIS_URL;
  const isThere = Boolean(url) && (await answers(url, 6379));
  process.env.GATEHOUSE_TEST_REDIS = isThere ? url : '';
  process.stdout.write(
    isThere
      ? 'Tests with Redis run on the server of REDIS_URL.\n'
      : `SKIPPED: tests with a shared Redis (${url ? 'none answers at REDIS_URL' : 'REDIS_URL is not set'}).\n`,
  );
}

/** The same for RabbitMQ. */
async function findRabbit() {
  const url = process.env.RABBITMQ_URL;
  const isThere = Boolean(url) && (await answers(url, 5672));
  process.env.GATEHOUSE_TEST_RABBITMQ = isThere ? url : '';
  process.stdout.write(
    isThere
      ? 'Tests with RabbitMQ run on the server of RABBITMQ_URL.\n'
      : `SKIPPED: tests with RabbitMQ (${url ? 'none answers at RABBITMQ_URL' : 'RABBITMQ_URL is not set'}).\n`,
  );
}

/** Tells the workers whether databases with rules of case and order of their own can be made. */
async function findIcu(url) {
  const found = await run(url, `SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1`);
  process.env.GATEHOUSE_TEST_ICU = found.length > 0 ? 'yes' : '';
  if (found.length === 0)
    process.stdout.write('SKIPPED: tests of other locales (this Postgres has no ICU).\n');
}

/** Embedded servers of runs that were killed: taken over, stopped, and their folders with them. */
async function sweepEmbedded() {
  const data = join(process.cwd(), '.data');
  const names = existsSync(data) ? readdirSync(data) : [];
  for (const name of names) {
    const pid = Number(/^test-postgres-(\d+)$/.exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    const left = await EmbeddedPostgres.start({ dataDir: join(data, name), ephemeral: true });
    await left.stop();
  }
}

/** Starts or finds the server and makes the template: migrated and seeded, without an administrator. */
export async function openTestServer() {
  const configured = process.env.DATABASE_URL;
  if (!configured) await sweepEmbedded();
  const embedded = configured
    ? null
    : await EmbeddedPostgres.start({
        dataDir: join(process.cwd(), '.data', `test-postgres-${process.pid}`),
        ephemeral: true,
      });
  const url = configured ?? embedded.url;
  process.stdout.write(
    `Tests run on ${configured ? `the server of DATABASE_URL` : 'the embedded Postgres'}.\n`,
  );
  await findRedis();
  await findRabbit();
  await findIcu(url);
  await dropLeftovers(url);
  const template = `${PREFIX}${process.pid}_template`;
  await run(url, `CREATE DATABASE "${template}"`);
  const dataSource = await createMigrationDataSource(
    withDatabase(url, template),
    allInOne.schema.migrations,
  ).initialize();
  await migrate(dataSource, async () => {
    await migrateJobSchema(dataSource);
    await seedPrivilegesAndRoles(dataSource, allInOne.privileges);
  });
  await dataSource.destroy();

  return {
    url,
    template,
    async close() {
      const rows = await run(url, 'SELECT datname FROM pg_database WHERE datname LIKE $1', [
        `${PREFIX}${process.pid}\\_%`,
      ]);
      for (const { datname } of rows) await run(url, `DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
      await embedded?.stop();
    },
    closeSync() {
      embedded?.stopSync();
    },
  };
}
