import type { DataSource } from 'typeorm';
import { type FirstAdministrator, seedFirstAdministrator } from '../../seeds/first-administrator.js';
import { seedPrivilegesAndRoles } from '../../seeds/privileges-and-roles.js';
import { version } from '../common/version.js';
import { AuditLog, type AuditRecord } from '../platform/audit/audit-log.js';
import type { Config } from '../platform/config/config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { RedisConfig } from '../platform/redis/redis.config.js';
import { connect } from '../platform/database/connect.js';
import { createMigrationDataSource } from '../platform/database/data-source.js';
import { migrate } from '../platform/database/migrate.js';
import { MigrationProgress } from '../platform/database/migration-progress.js';
import { SYSTEM, Transactions } from '../platform/database/transactions.js';
import { createLogger } from '../platform/logging/logger.js';
import { migrateJobSchema } from '../platform/jobs/job-schema.js';
import type { ProcessDefinition } from './process.js';

/** What was missing in a database. */
export interface Prepared {
  /** Names of the migrations that ran, in their order. */
  readonly migrations: readonly string[];
  /** Null where there was no administrator to be made. */
  readonly administrator: FirstAdministrator | null;
}

/** Somebody who waits for it, by a command. */
export interface Onlooker {
  /** For the audit log. */
  readonly actor: AuditRecord['actor'];
  readonly say: (text: string) => void;
}

/**
 * Brings the database up to date: pending migrations, the tables of the job queues where they are in Postgres, then the
 * seeds. Several starters do it once. For an onlooker what ran is audited and told while it goes on.
 */
export async function prepareDatabase(
  { schema, privileges }: ProcessDefinition,
  url: string,
  config: Config,
  onlooker?: Onlooker,
): Promise<Prepared> {
  const dataSource: DataSource = createMigrationDataSource(url, schema.migrations);
  if (onlooker) dataSource.setOptions({ logger: new MigrationProgress(onlooker.say) });
  await connect(dataSource, url, config.get(DatabaseConfig).connectTimeout);
  try {
    let administrator: FirstAdministrator | null = null;
    const seed = async () => {
      if (config.get(RedisConfig).url === null) await migrateJobSchema(dataSource);
      await seedPrivilegesAndRoles(dataSource, privileges);
      administrator = await seedFirstAdministrator(dataSource, config, onlooker?.actor ?? SYSTEM);
    };
    const migrations = await migrate(dataSource, seed, onlooker?.say);
    if (migrations.length > 0) await tell(dataSource, config, migrations, onlooker);
    return { migrations, administrator };
  } finally {
    await dataSource.destroy();
  }
}

async function tell(
  dataSource: DataSource,
  config: Config,
  migrations: readonly string[],
  onlooker: Onlooker | undefined,
): Promise<void> {
  const line = { context: 'Migrations', event: 'migrated', version, migrations };
  if (!onlooker) return createLogger(config).info(line, `${migrations.length} migrations ran`);
  await new Transactions(dataSource).run(onlooker.actor, (tx) =>
    new AuditLog().record(tx, {
      actor: onlooker.actor,
      action: 'database.migrated',
      details: { migrations },
    }),
  );
}
