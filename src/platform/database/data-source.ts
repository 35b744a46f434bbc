import { type CustomTypesConfig, types } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Config } from '../config/config.js';
import { DatabaseConfig } from './database.config.js';
import { poolOptions } from './connections.js';
import { FailoverPool } from './failover-pool.js';
import { SnakeNamingStrategy } from './snake-naming.strategy.js';

export interface Schema {
  entities: NonNullable<DataSourceOptions['entities']>;
  migrations: NonNullable<DataSourceOptions['migrations']>;
}

/** A day stays the text Postgres writes: as a time it would be another day wherever its midnight is skipped. */
const DAYS_AS_TEXT: CustomTypesConfig = {
  getTypeParser: (type, format) =>
    type === types.builtins.DATE ? (day: string) => day : types.getTypeParser(type, format),
};

/** One holds the lock, the other migrates. */
const MIGRATION_CONNECTIONS = 2;

/** Makes an unconnected data source for what requests and jobs do. */
export function createDataSource(url: string, schema: Schema, config: Config): DataSource {
  return new DataSource({
    ...common(url, schema),
    driver: { Pool: FailoverPool },
    synchronize: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    extra: {
      ...poolOptions('application', config.get(DatabaseConfig).connections.application),
      types: DAYS_AS_TEXT,
    },
  });
}

/**
 * As {@link createDataSource}, for migrations: two connections, no time limit on statements. Entities are needed only
 * to generate a migration from them.
 */
export function createMigrationDataSource(
  url: string,
  migrations: Schema['migrations'],
  entities: Schema['entities'] = [],
): DataSource {
  return new DataSource({
    ...common(url, { migrations, entities }),
    extra: poolOptions('migrations', MIGRATION_CONNECTIONS),
  });
}

function common(url: string, { entities, migrations }: Schema) {
  return {
    type: 'postgres',
    url,
    entities,
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNamingStrategy(),
    installExtensions: false,
    // gen_random_uuid(), which Postgres has without any extension.
    uuidExtension: 'pgcrypto',
  } as const;
}

/** Where a data source made here connects to. */
export function urlOf({ options }: DataSource): string {
  if (options.type !== 'postgres' || options.url === undefined) throw new Error('The data source has no URL');
  return options.url;
}

/** How many connections a data source made here holds at most. */
export function poolSizeOf({ options }: DataSource): number {
  return (options as { extra: { max: number } }).extra.max;
}
