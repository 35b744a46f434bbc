import { basename } from 'node:path';
import type { DataSource } from 'typeorm';
import { allInOne } from '../../src/apps/all-in-one.js';
import { CommonColumns } from '../../src/platform/database/common-columns.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { DATA_MODEL, ENUMS } from './data-model.js';
import { isMigration, readSources } from '../architecture/sources.js';

/** Folders whose tables the data model here describes; a noun of your own has its tables in its folder. */
const PRODUCT = new Set(['platform', 'messages', 'privileges', 'roles', 'users', 'auth', 'webhooks']);

/** Tables without the common columns, and why (docs/decisions/0007). */
const WITHOUT_COMMON_COLUMNS: Readonly<Record<string, string>> = {
  audit_log: 'append-only: `at` and `actor_id` say when and who',
  outbox: 'events: written once, marked as published',
  signing_key: 'written by the service itself: `created_at`, `activated_at`',
  session: 'written on every refresh, removed when it is over: `created_at`, `last_seen_at`, `revoked_at`',
  refresh_token: 'one row a refresh, removed with its session: `created_at`, `used_at`',
  throttle: 'counts, removed when their window is over: `window_start`',
  send_budget: 'counts, removed after a day: `day_start`',
  sign_in_code: 'minutes old, written by strangers: `created_at`, `otp_generated_at`',
  waiting_notice: 'waits for a quarter of an hour and is removed: `created_at`, `due_at`',
  registration: 'pending for some minutes, removed after a day: `created_at`',
  idempotency_key: 'kept for a day: `created_at`',
  oauth_flow: 'minutes old and then removed: `expires_at`, `used_at`',
  inbox: 'what a consumer has dealt with: `handled_at`',
  webhook_health: 'written after every attempt',
  webhook_delivery: 'written by the service itself, removed after a month: `created_at`, `finished_at`',
  installation: 'one row, made by its migration: `created_at`',
  migration: "TypeORM's own",
};

/** Foreign keys without an index on their own side, and why. */
const UNINDEXED_FOREIGN_KEYS: Readonly<Record<string, string>> = {
  created_by: 'read by nobody; users are soft-deleted, so that nothing looks for referring rows',
  updated_by: 'as created_by',
};

/** Bits of `pg_trigger.tgtype`. */
const [ROW, BEFORE, INSERT, DELETE, UPDATE, TRUNCATE] = [1, 2, 4, 8, 16, 32];
const BEFORE_INSERT_OR_UPDATE_OF_A_ROW = ROW | BEFORE | INSERT | UPDATE;
const BEFORE_ANY_CHANGE_OF_A_STATEMENT = BEFORE | UPDATE | DELETE | TRUNCATE;

let dataSource: DataSource;

beforeAll(async () => {
  const url = await cloneDatabase('schema');
  dataSource = await createDataSource(url, allInOne.schema, testConfig()).initialize();
});
afterAll(() => dataSource.destroy());

async function rows<Row>(sql: string): Promise<Row[]> {
  return dataSource.query<Row[]>(sql);
}

async function lines(sql: string): Promise<string[]> {
  return (await rows<{ line: string }>(sql)).map(({ line }) => line);
}

/** Tables of nouns that are not the product's: their entities say of themselves what the data model says of ours. */
function ownTables(): { table: string; hasCommonColumns: boolean }[] {
  const own = new Set(
    [...readSources('src')].flatMap(([path, text]) => {
      const isOwn = path.endsWith('.entity.ts') && !PRODUCT.has(path.split('/')[1] ?? '');
      return isOwn ? [...text.matchAll(/^export class (\w+)/gm)].map(([, name]) => name) : [];
    }),
  );
  return dataSource.entityMetadatas
    .filter(({ name }) => own.has(name))
    .map(({ tableName, target }) => ({
      table: tableName,
      hasCommonColumns: typeof target === 'function' && target.prototype instanceof CommonColumns,
    }));
}

/** `users-tables` as a class name. */
function pascal(words: string): string {
  return words.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const TABLES = `SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`;

describe('migrations and entities', () => {
  it('are equal: nothing would be generated from the entities of a migrated database', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('are equal by a check that would see a difference', async () => {
    await dataSource.query('DROP INDEX ix_role_created_at');
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.query('CREATE INDEX ix_role_created_at ON role (created_at, id)');
    expect(upQueries.map(({ query }) => query)).toEqual([expect.stringContaining('"ix_role_created_at"')]);
  });
});

describe('the schema of the process', () => {
  it('lists every migration, in the order of their times', () => {
    // A noun of your own may have them in its folder.
    const files = [...readSources('migrations', 'src').keys()]
      .filter(isMigration)
      .map((path) => basename(path, '.ts'))
      .toSorted();
    const names = files.map((file) => pascal(file.replace(/^\d+-/, '')) + file.replace(/-.*$/, ''));
    expect(allInOne.schema.migrations.map(({ name }) => name)).toEqual(names);
    expect(allInOne.schema.migrations.map((Migration) => new Migration().name)).toEqual(names);
  });

  it('lists every entity', () => {
    const defined = [...readSources('src')]
      .filter(([path]) => path.endsWith('.entity.ts'))
      .flatMap(([, text]) => [...text.matchAll(/^export class (\w+)/gm)].map(([, name]) => name ?? ''));
    expect(allInOne.schema.entities.map(({ name }) => name).toSorted()).toEqual(defined.toSorted());
  });

  it('makes no entity outside *.entity.ts', () => {
    const others = [...readSources('src')].filter(([path]) => !path.endsWith('.entity.ts'));
    expect(others.filter(([, text]) => /@Entity\(/.test(text)).map(([path]) => path)).toEqual([]);
  });
});

describe('the data model', () => {
  it.each(Object.entries(DATA_MODEL))('has its columns in %s', async (table, { columns }) => {
    const found = await lines(`
      SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
        CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity' END,
        'default ' || pg_get_expr(d.adbin, d.adrelid)) AS line
      FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = '"${table}"'::regclass AND a.attnum > 0 AND NOT a.attisdropped`);
    expect(columns.filter((column) => !found.includes(column))).toEqual([]);
  });

  it.each(Object.entries(DATA_MODEL))('has its keys, indexes and checks on %s', async (table, { rules }) => {
    const found = await lines(`
      SELECT conname || ' ' || pg_get_constraintdef(oid) AS line FROM pg_constraint
      WHERE conrelid = '"${table}"'::regclass
      UNION ALL
      SELECT c.relname || CASE WHEN i.indisunique THEN ' UNIQUE' ELSE '' END
        || regexp_replace(pg_get_indexdef(c.oid), '^.* USING btree', '')
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = '"${table}"'::regclass AND i.indisvalid`);
    expect(rules.filter((rule) => !found.includes(rule))).toEqual([]);
  });

  it('has its enumerated types, and modules of your own may have more', async () => {
    const found = await rows<{ name: string; labels: string }>(`
      SELECT typname AS name, string_agg(enumlabel, ' ' ORDER BY enumsortorder) AS labels
      FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid
      WHERE typnamespace = 'public'::regnamespace GROUP BY typname`);
    expect(Object.fromEntries(found.map(({ name, labels }) => [name, labels]))).toMatchObject(ENUMS);
  });

  it('is all there is, beside the tables of modules of your own', async () => {
    const tables = await lines(`SELECT relname AS line FROM (${TABLES}) t`);
    expect(tables.toSorted()).toEqual(
      [...Object.keys(DATA_MODEL), ...ownTables().map(({ table }) => table), 'migration'].toSorted(),
    );
  });
});

describe('every table', () => {
  it('S74: has the five common columns and the trigger that keeps them true', async () => {
    const complete = await lines(`
      SELECT t.relname AS line FROM (${TABLES}) t
      WHERE (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = t.oid AND NOT a.attisdropped
        AND a.attname IN ('created_at', 'updated_at', 'created_by', 'updated_by', 'deleted_at')) = 5
      AND EXISTS (SELECT 1 FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
        WHERE g.tgrelid = t.oid AND g.tgname = 'set_common_columns' AND p.proname = 'set_common_columns'
        AND g.tgenabled = 'O' AND g.tgtype = ${BEFORE_INSERT_OR_UPDATE_OF_A_ROW} AND g.tgattr = '' AND g.tgqual IS NULL)`);
    const expected = [
      ...Object.keys(DATA_MODEL).filter((table) => !(table in WITHOUT_COMMON_COLUMNS)),
      ...ownTables().flatMap(({ table, hasCommonColumns }) => (hasCommonColumns ? [table] : [])),
    ];
    expect(complete.toSorted()).toEqual(expected.toSorted());
  });

  it('S76: of an append-only kind refuses every statement that would change it', async () => {
    const guarded = await lines(`
      SELECT concat_ws(' ', c.relname, g.tgenabled) AS line FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
      JOIN pg_proc p ON p.oid = g.tgfoid
      WHERE p.proname = 'refuse_change' AND g.tgtype = ${BEFORE_ANY_CHANGE_OF_A_STATEMENT}`);
    expect(guarded).toEqual(['audit_log O']);
  });

  it('has an index that begins with each of its foreign keys', async () => {
    const unindexed = await lines(`
      SELECT c.conrelid::regclass || '.' || a.attname AS line FROM pg_constraint c
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'f' AND NOT EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indisvalid)`);
    const unexplained = unindexed.filter(
      (line) => !((line.split('.').pop() ?? '') in UNINDEXED_FOREIGN_KEYS),
    );
    expect(unexplained).toEqual([]);
  });
});

describe('every name', () => {
  it('of a table, column, type, constraint, index and function is in snake_case', async () => {
    const names = await lines(`
      SELECT relname AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace
      UNION SELECT attname FROM pg_attribute JOIN (${TABLES}) t ON t.oid = attrelid WHERE attnum > 0 AND NOT attisdropped
      UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
      UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      UNION SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace`);
    const odd = names.filter((name) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name));
    expect(odd).toEqual([]);
    expect(names.length).toBeGreaterThan(80);
  });

  it('of a table is singular', async () => {
    const tables = await lines(`SELECT relname AS line FROM (${TABLES}) t`);
    const own = new Set(ownTables().map(({ table }) => table));
    // One status and one address end so too; among the product's tables there is none like them.
    const isPlural = (name: string) => (own.has(name) ? /(?<![siu])s$/ : /s$/).test(name);
    expect(tables.filter(isPlural)).toEqual([]);
  });

  it('of a constraint or index says what it is and which table it belongs to', async () => {
    const wrong = await lines(`
      SELECT conname AS line FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
      WHERE connamespace = 'public'::regnamespace AND conname !~ ('^(pk|fk|ck)_' || c.relname || '(_|$)')
        AND contype IN ('p', 'f', 'c', 'u')
      UNION ALL
      SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
      WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary
        AND i.indexrelid::regclass::text !~ ('^' || CASE WHEN i.indisunique THEN 'ux' ELSE 'ix' END || '_' || c.relname || '(_|$)')`);
    expect(wrong).toEqual([]);
  });
});
