import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Config } from '../config/config.js';
import { FailoverPool } from './failover-pool.js';
import { SnakeNamingStrategy } from './snake-naming.strategy.js';

export interface Schema {
  entities: NonNullable<DataSourceOptions['entities']>;
  migrations: NonNullable<DataSourceOptions['migrations']>;
}

/** Makes an unconnected data source. Limits on the server side keep a stuck statement from holding the pool. */
export function createDataSource(url: string, schema: Schema, config: Config): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    driver: { Pool: FailoverPool },
    entities: schema.entities,
    migrations: schema.migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNamingStrategy(),
    synchronize: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    installExtensions: false,
    // gen_random_uuid(), which Postgres has without any extension.
    uuidExtension: 'pgcrypto',
    applicationName: 'gatehouse',
    extra: {
      max: config.database.poolSize,
      // CURRENT_DATE means the same day here and there.
      options: '-c TimeZone=UTC',
      connectionTimeoutMillis: 2_000,
      query_timeout: 10_000,
      statement_timeout: 5_000,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 10_000,
      keepAlive: true,
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
    applicationName: 'gatehouse-migrations',
    extra: { max: 2, connectionTimeoutMillis: 5_000 },
  });
}

/** Where a data source made here connects to. */
export function urlOf({ options }: DataSource): string {
  if (options.type !== 'postgres' || options.url === undefined) throw new Error('The data source has no URL');
  return options.url;
}
