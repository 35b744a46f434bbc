import { type DatabaseError, Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { seedPrivilegesAndRoles } from '../../seeds/privileges-and-roles.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import type { Config } from '../../src/platform/config/config.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { Transactions } from '../../src/platform/database/transactions.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';

export type Sql = <Row>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** The data source of the service on a database of its own, without the service, and a second way in. */
export interface Fixture {
  readonly url: string;
  readonly config: Config;
  readonly dataSource: DataSource;
  readonly transactions: Transactions;
  /** On a connection of its own: sees what is committed. */
  readonly sql: Sql;
  close(): Promise<void>;
}

/** Opens a clone of the migrated and seeded template, or the database at `url`. */
export async function openFixture(
  label: string,
  options: { url?: string; env?: Record<string, string> } = {},
): Promise<Fixture> {
  const url = options.url ?? (await cloneDatabase(label));
  const config = testConfig({ DATABASE_URL: url, ...options.env });
  const dataSource = await createDataSource(url, allInOne.schema, config).initialize();
  const { sql, end } = await openSql(url);
  return {
    url,
    config,
    dataSource,
    transactions: new Transactions(dataSource),
    sql,
    close: async () => {
      await end();
      await dataSource.destroy();
    },
  };
}

/** Makes the tables as they are after the first start: privileges and roles, nobody and no key. */
export async function reset({ sql, dataSource }: Fixture): Promise<void> {
  await sql('TRUNCATE privilege, role, "user", signing_key RESTART IDENTITY CASCADE');
  await seedPrivilegesAndRoles(dataSource, allInOne.privileges);
}

/** A plain connection, without any of the service's settings; what asks at the same time waits in turn. */
export async function openSql(url: string): Promise<{ sql: Sql; end: () => Promise<void> }> {
  const client = new Pool({ connectionString: url, max: 1 });
  // The next test drops the database, which may end a connection that is still closing.
  client.on('error', () => undefined);
  await client.query('SELECT 1');
  return {
    sql: async <Row>(text: string, parameters: readonly unknown[] = []) =>
      (await client.query(text, [...parameters])).rows as Row[],
    end: () => client.end(),
  };
}

/** What refused a statement: the name of the constraint, else the SQLSTATE; null when nothing did. */
export async function refusalOf(statement: Promise<unknown>): Promise<string | null> {
  try {
    await statement;
    return null;
  } catch (error) {
    const { constraint, code } = error as DatabaseError;
    return constraint ?? code ?? String(error);
  }
}

/** The first of rows that must be there. */
export function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`Expected one row, found ${rows.length}`);
  return row;
}

export async function roleId(sql: Sql, name = 'User'): Promise<number> {
  return only(await sql<{ id: number }>('SELECT id FROM role WHERE name = $1 AND deleted_at IS NULL', [name]))
    .id;
}

/** A user with nothing but a name and a role. */
export async function insertUser(sql: Sql, role = 'User'): Promise<number> {
  const rows = await sql<{ id: number }>(
    `INSERT INTO "user" (first_name, role_id) VALUES ('Test', $1) RETURNING id`,
    [await roleId(sql, role)],
  );
  return only(rows).id;
}

/** Waits until a session of this database waits for a lock: the gate of tests of races. */
export async function untilSomebodyWaits(sql: Sql): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  for (const deadline = performance.now() + 5_000; performance.now() < deadline;) {
    // Within a transaction the view stays as it was when it was read first.
    await sql('SELECT pg_stat_clear_snapshot()');
    if ((await sql(waiting)).length > 0) return;
  }
  throw new Error('Nobody waits for a lock');
}
