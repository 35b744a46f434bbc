import { defineSection } from '../config/section.js';
import { flag, integer, postgresUrl } from '../config/variables.js';
import { type ConnectionShares, connectionShares, databaseFaults } from './connection-shares.js';

export abstract class DatabaseConfig {
  /** Null: the embedded Postgres is used. */
  abstract readonly url: string | null;
  /** Leads to Postgres itself where `url` leads to a pooler: for migrations, queues and signals. Null: `url` does. */
  abstract readonly directUrl: string | null;
  abstract readonly connections: ConnectionShares;
  abstract readonly connectTimeout: number;
  abstract readonly migrateOnStart: boolean;
}

/** Of a process with so many queues, each of which keeps a connection while jobs are in Postgres. */
export const databaseSection = (queues: number) =>
  defineSection(DatabaseConfig, {
    variables: {
      DATABASE_URL: postgresUrl.optional(),
      DATABASE_DIRECT_URL: postgresUrl.optional(),
      DATABASE_POOL_SIZE: integer(2, 500).optional(),
      DATABASE_CONNECT_TIMEOUT: integer(1, 600).default(30),
      MIGRATE_ON_START: flag.default(true),
    },
    *faults(set, isProduction) {
      yield* databaseFaults(set, queues);
      if (isProduction && !set.DATABASE_URL)
        yield ['DATABASE_URL', 'must be set in production: the embedded database is for development'];
    },
    read: (env, { set }) => ({
      url: env.DATABASE_URL ?? null,
      directUrl: env.DATABASE_DIRECT_URL ?? null,
      connections: connectionShares(set, queues, env.DATABASE_POOL_SIZE),
      connectTimeout: env.DATABASE_CONNECT_TIMEOUT,
      migrateOnStart: env.MIGRATE_ON_START,
    }),
  });
