import { Logger } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Secrets } from '../../src/platform/config/secrets.config.js';
import { TokensConfig } from '../../src/auth/tokens/tokens.config.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { prepareDatabase } from '../../src/apps/prepare-database.js';
import { SigningKey } from '../../src/auth/tokens/signing-key.entity.js';
import { SigningKeysRepository } from '../../src/auth/tokens/signing-keys.repository.js';
import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { createMigrationDataSource } from '../../src/platform/database/data-source.js';
import { dropTables } from '../../src/platform/database/drop-tables.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { Schedule } from '../../src/platform/schedule/schedule.js';
import { testConfig } from '../support/config.js';
import { emptyDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { only, openFixture, openSql, type Sql } from './fixture.js';

const NAMES = allInOne.schema.migrations.map(({ name }) => name);
const noSeed = () => Promise.resolve();

async function onEmptyDatabase(
  migrations: typeof allInOne.schema.migrations | (new () => MigrationInterface)[],
  work: (dataSource: ReturnType<typeof createMigrationDataSource>, sql: Sql, url: string) => Promise<void>,
): Promise<void> {
  const url = await emptyDatabase('migrations');
  const dataSource = await createMigrationDataSource(url, migrations).initialize();
  const { sql, end } = await openSql(url);
  try {
    await work(dataSource, sql, url);
  } finally {
    await end();
    await dataSource.destroy();
  }
}

/** Every object of the schema as text: tables with columns, indexes, constraints, triggers, functions, types. */
async function objects(sql: Sql): Promise<string[]> {
  const rows = await sql<{ line: string }>(`
    SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
      || ' ' || coalesce(pg_get_expr(adbin, adrelid), '') AS line
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND attnum > 0
    UNION ALL SELECT 'relation ' || relname || ' ' || relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'type ' || typname || ' ' || coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
      FROM pg_enum WHERE enumtypid = t.oid), '') FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
    UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'
    UNION ALL SELECT 'extension ' || extname FROM pg_extension
    ORDER BY 1`);
  return rows.map(({ line }) => line);
}

/** Of this database: others of the server have locks of their own. */
const advisoryLocks = (sql: Sql) =>
  sql(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);

describe('migrations', () => {
  it('go up on an empty database, down again leaving nothing, and up to the same', async () => {
    await onEmptyDatabase(allInOne.schema.migrations, async (dataSource, sql) => {
      const untouched = await objects(sql);
      expect(await migrate(dataSource, noSeed)).toEqual(NAMES);
      const migrated = await objects(sql);
      expect(migrated.length).toBeGreaterThan(150);

      for (const [index] of NAMES.entries()) {
        await dataSource.undoLastMigration();
        const left = await sql<{ name: string }>('SELECT name FROM migration ORDER BY id');
        expect(left.map(({ name }) => name)).toEqual(NAMES.slice(0, NAMES.length - 1 - index));
      }
      const left = (await objects(sql)).filter((line) => !/ (public\.|pk_)?migration([._ ]|$)/.test(line));
      expect(left).toEqual(untouched);

      expect(await migrate(dataSource, noSeed)).toEqual(NAMES);
      expect(await objects(sql)).toEqual(migrated);
    });
  });

  it('run once: the second time there is nothing to do', async () => {
    await onEmptyDatabase(allInOne.schema.migrations, async (dataSource) => {
      await migrate(dataSource, noSeed);
      expect(await migrate(dataSource, noSeed)).toEqual([]);
    });
  });

  it('R22: leave nothing half done when one fails, and the next start goes on', async () => {
    let broken = true;
    class AddTables1800000000000 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        await runner.query('CREATE TABLE first_half (id int)');
        if (broken) await runner.query('SELECT 1 / 0');
      }

      async down(runner: QueryRunner): Promise<void> {
        await runner.query('DROP TABLE first_half');
      }
    }
    await onEmptyDatabase(
      [...allInOne.schema.migrations, AddTables1800000000000],
      async (dataSource, sql) => {
        const seed = jest.fn(noSeed);
        const output = jest.spyOn(console, 'log').mockImplementation();
        await expect(migrate(dataSource, seed)).rejects.toThrow('division by zero');
        output.mockRestore();
        expect(seed).not.toHaveBeenCalled();
        expect((await objects(sql)).filter((line) => line.includes('first_half'))).toEqual([]);
        expect(await advisoryLocks(sql)).toEqual([]);
        broken = false;
        expect(await migrate(dataSource, seed)).toEqual(['AddTables1800000000000']);
        expect(seed).toHaveBeenCalledTimes(1);
      },
    );
  });

  it('R21: build anew an index whose building was cut short', async () => {
    await onEmptyDatabase(allInOne.schema.migrations, async (dataSource, sql) => {
      await migrate(dataSource, noSeed);
      const isValid = () =>
        sql(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_user_active'::regclass`);
      await sql(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_user_active'::regclass`);
      await sql(`DELETE FROM migration WHERE name LIKE 'UserLists%'`);
      expect(await isValid()).toEqual([{ indisvalid: false }]);
      expect(await migrate(dataSource, noSeed)).toEqual(['UserLists1767600100000']);
      expect(await isValid()).toEqual([{ indisvalid: true }]);
    });
  });

  it('R22: let the lock go when the seed fails', async () => {
    await onEmptyDatabase(allInOne.schema.migrations, async (dataSource, sql) => {
      await expect(migrate(dataSource, () => Promise.reject(new Error('seed')))).rejects.toThrow('seed');
      expect(await advisoryLocks(sql)).toEqual([]);
    });
  });
});

describe('starters', () => {
  it('R22: that wait have no transaction open, which the building of an index would wait for', async () => {
    await onEmptyDatabase(allInOne.schema.migrations, async (dataSource, sql, url) => {
      const waiting = await createMigrationDataSource(url, allInOne.schema.migrations).initialize();
      const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
      try {
        let waiter = Promise.resolve<string[]>([]);
        await migrate(dataSource, async () => {
          waiter = migrate(waiting, noSeed);
          await eventually(() => log.mock.calls.length > 0);
          const open = () =>
            sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL
                 AND pid <> pg_backend_pid()`);
          await eventually(async () => (await open()).length === 1);
        });
        expect(await waiter).toEqual([]);
      } finally {
        log.mockRestore();
        await waiting.destroy();
      }
    });
  });

  it.each([2, 5])('R22: migrate and seed once when %i start together', async (count) => {
    const url = await emptyDatabase('starters');
    const config = testConfig({ DATABASE_URL: url });
    const prepared = await Promise.all(
      Array.from({ length: count }, () => prepareDatabase(allInOne, url, config)),
    );
    expect(prepared.flatMap(({ administrator }) => administrator ?? [])).toEqual([
      { email: 'admin@example.com', with: 'generated password', password: expect.any(String) },
    ]);

    const services = await Promise.all(Array.from({ length: count }, () => openFixture('starters', { url })));
    const schedule = new Schedule();
    const keys = services.map(({ dataSource, config: own }) => {
      const repository = new SigningKeysRepository(dataSource.getRepository(SigningKey));
      return new SigningKeys(repository, schedule, own.get(Secrets), own.get(TokensConfig));
    });
    await Promise.all(keys.map((one) => one.onModuleInit()));
    schedule.onApplicationShutdown();
    expect(new Set(keys.map((one) => one.active.kid)).size).toBe(1);

    const { sql } = services[0] ?? { sql: () => Promise.reject(new Error('nobody started')) };
    const counted = await sql<Record<string, number>>(`
      SELECT (SELECT count(*)::int FROM migration) AS migrations, (SELECT count(*)::int FROM "user") AS users,
        (SELECT count(*)::int FROM user_identity) AS identities, (SELECT count(*)::int FROM user_auth) AS credentials,
        (SELECT count(*)::int FROM role) AS roles, (SELECT count(*)::int FROM privilege) AS privileges,
        (SELECT count(*)::int FROM signing_key) AS keys, (SELECT count(*)::int FROM audit_log) AS audited,
        (SELECT count(*)::int - count(DISTINCT (role_id, privilege_id))::int FROM role_privilege) AS grants_twice`);
    await Promise.all(services.map((service) => service.close()));
    expect(only(counted)).toEqual({
      migrations: NAMES.length,
      users: 1,
      identities: 1,
      credentials: 1,
      roles: 4,
      privileges: allInOne.privileges.length,
      keys: 1,
      audited: 1,
      grants_twice: 0,
    });
  });
});

describe('the tables of the queues', () => {
  const config = (url: string, env: Record<string, string> = {}) => testConfig({ DATABASE_URL: url, ...env });
  const queueTables = (sql: Sql) => sql(`SELECT 1 FROM pg_namespace WHERE nspname = 'bullmq'`);

  it('F7: are not made where jobs are in Redis', async () => {
    await onEmptyDatabase([], async (_, sql, url) => {
      await prepareDatabase(allInOne, url, config(url, { REDIS_URL: 'redis://127.0.0.1:1' }));
      expect(await queueTables(sql)).toEqual([]);
      await prepareDatabase(allInOne, url, config(url));
      expect(await queueTables(sql)).toHaveLength(1);
    });
  });

  it('F7: go with the others, and all come back at the next start', async () => {
    await onEmptyDatabase([], async (dataSource, sql, url) => {
      await prepareDatabase(allInOne, url, config(url));
      const made = await objects(sql);
      await dropTables(dataSource, 'bullmq');
      expect(await sql(`SELECT 1 FROM pg_tables WHERE schemaname IN ('public', 'bullmq')`)).toEqual([]);
      expect(await queueTables(sql)).toEqual([]);
      expect(await prepareDatabase(allInOne, url, config(url))).toMatchObject({
        administrator: { email: 'admin@example.com' },
      });
      expect(await objects(sql)).toEqual(made);
    });
  });

  it('F7: need no right to make any when there is nothing to make', async () => {
    await onEmptyDatabase([], async (_, sql, url) => {
      await prepareDatabase(allInOne, url, config(url));
      const role = `limited_${new URL(url).pathname.slice(1)}`;
      await sql(`CREATE ROLE ${role} LOGIN PASSWORD 'limited'`);
      try {
        for (const schema of ['public', 'bullmq']) {
          await sql(`REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC`);
          await sql(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
          await sql(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
          await sql(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`);
        }
        const limited = new URL(url);
        limited.username = role;
        limited.password = 'limited';
        expect(await prepareDatabase(allInOne, limited.href, config(limited.href))).toEqual({
          migrations: [],
          administrator: null,
        });
      } finally {
        await sql(`DROP OWNED BY ${role}`);
        await sql(`DROP ROLE ${role}`);
      }
    });
  });
});
