import type { DataSource } from 'typeorm';
import { type FirstAdministrator, seedFirstAdministrator } from '../../seeds/first-administrator.js';
import { seedPrivilegesAndRoles } from '../../seeds/privileges-and-roles.js';
import { version } from '../common/version.js';
import type { Config } from '../platform/config/config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { RedisConfig } from '../platform/redis/redis.config.js';
import { connect } from '../platform/database/connect.js';
import { createMigrationDataSource } from '../platform/database/data-source.js';
import { migrate } from '../platform/database/migrate.js';
import { createLogger } from '../platform/logging/logger.js';
import { migrateJobSchema } from '../platform/jobs/job-schema.js';
import type { ProcessDefinition } from './process.js';

/**
 * Brings the database up to date: pending migrations, the tables of the job queues where they are in Postgres, then the
 * seeds. Several starters do it once.
 */
export async function prepareDatabase(
  { schema, privileges }: ProcessDefinition,
  url: string,
  config: Config,
): Promise<FirstAdministrator | null> {
  const dataSource: DataSource = createMigrationDataSource(url, schema.migrations);
  await connect(dataSource, url, config.get(DatabaseConfig).connectTimeout);
  try {
    let administrator: FirstAdministrator | null = null;
    const ran = await migrate(dataSource, async () => {
      if (config.get(RedisConfig).url === null) await migrateJobSchema(dataSource);
      await seedPrivilegesAndRoles(dataSource, privileges);
      administrator = await seedFirstAdministrator(dataSource, config);
    });
    if (ran.length > 0) {
      const line = { context: 'Migrations', event: 'migrated', version, migrations: ran };
      createLogger(config).info(line, `${ran.length} migrations ran`);
    }
    return administrator;
  } finally {
    await dataSource.destroy();
  }
}
