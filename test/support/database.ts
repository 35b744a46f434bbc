import { Client } from 'pg';

const server = process.env.GATEHOUSE_TEST_SERVER;
const template = process.env.GATEHOUSE_TEST_TEMPLATE;

/**
 * A database of this Jest worker, freshly cloned from the migrated and seeded template. Clones of the same
 * `label` replace each other; all of them are dropped after the run.
 */
export async function cloneDatabase(label = 'main'): Promise<string> {
  return createDatabase(label, template);
}

/** As {@link cloneDatabase}, but with nothing in it, in a locale of ICU if one is named (`tr-TR`). */
export async function emptyDatabase(label = 'empty', locale?: string): Promise<string> {
  const rules = locale === undefined ? '' : ` ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE '${locale}'`;
  return createDatabase(label, 'template0', rules);
}

/** Whether the server can make databases in a locale of ICU. */
export const hasIcu = Boolean(process.env.GATEHOUSE_TEST_ICU);

async function createDatabase(label: string, from: string | undefined, rules = ''): Promise<string> {
  if (!server || !template || !from)
    throw new Error('Run the tests with `npm test`: it brings the database server');
  const run = template.replace(/_template$/, '');
  const name = `${run}_w${process.env.JEST_WORKER_ID ?? '1'}_${label}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    await client.query(`CREATE DATABASE "${name}" TEMPLATE "${from}"${rules}`);
  } finally {
    await client.end();
  }
  const url = new URL(server);
  url.pathname = `/${name}`;
  if (from === template) await becomeAnInstallation(url.href);
  return url.href;
}

/** Databases of tests share a Redis, and a copy of one is refused there. */
async function becomeAnInstallation(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('UPDATE installation SET id = gen_random_uuid()');
  } finally {
    await client.end();
  }
}
