import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../platform/config/config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { ProcessConfig } from '../platform/config/process.config.js';

/** From the build. Node runs it from its source: it is no part of the build, and so of no image. */
const EMBEDDED_POSTGRES = new URL('../../../tools/embedded-postgres/embedded-postgres.ts', import.meta.url);

/** No database is configured, and there is none to be started. */
export class NoDatabase extends Error {
  override readonly name = 'NoDatabase';
}

export interface Database {
  readonly url: string;
  /** Leads past a pooler, if there is one. */
  readonly directUrl: string;
  readonly embedded: boolean;
  /** Where an embedded database keeps its data. */
  readonly dataDir: string | null;
  stop(): Promise<void>;
}

/** The configured database, or the embedded one, started. @throws EmbeddedPostgresError, NoDatabase */
export async function openDatabase(config: Config): Promise<Database> {
  const { url, directUrl } = config.get(DatabaseConfig);
  if (url !== null) {
    return { url, directUrl: directUrl ?? url, embedded: false, dataDir: null, stop: async () => {} };
  }
  const { EmbeddedPostgres } = await loadEmbeddedPostgres();
  const postgres = await EmbeddedPostgres.start({
    dataDir: resolve(join(config.get(ProcessConfig).dataDir, 'postgres')),
  });
  // Whatever ends the process, the database does not stay behind.
  process.once('exit', () => postgres.stopSync());
  return {
    url: postgres.url,
    directUrl: postgres.url,
    embedded: true,
    dataDir: postgres.dataDir,
    stop: () => postgres.stop(),
  };
}

async function loadEmbeddedPostgres() {
  if (!existsSync(EMBEDDED_POSTGRES))
    throw new NoDatabase(
      'DATABASE_URL is not set, and the embedded database is for development in the project itself: it is not here. ' +
        'Set DATABASE_URL to a PostgreSQL server.',
    );
  return (await import(
    EMBEDDED_POSTGRES.href
  )) as typeof import('../../tools/embedded-postgres/embedded-postgres.ts');
}
