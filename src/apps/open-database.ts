import { join, resolve } from 'node:path';
import type { Config } from '../platform/config/config.js';

export interface Database {
  readonly url: string;
  /** Leads past a pooler, if there is one. */
  readonly directUrl: string;
  readonly embedded: boolean;
  /** Where an embedded database keeps its data. */
  readonly dataDir: string | null;
  stop(): Promise<void>;
}

/** The configured database, or the embedded one, started. @throws EmbeddedPostgresError */
export async function openDatabase(config: Config): Promise<Database> {
  const { url, directUrl } = config.database;
  if (url !== null) {
    return { url, directUrl: directUrl ?? url, embedded: false, dataDir: null, stop: async () => {} };
  }
  // A development dependency: production neither has nor loads it.
  const { EmbeddedPostgres } = await import('../platform/database/embedded-postgres.js');
  const postgres = await EmbeddedPostgres.start({ dataDir: resolve(join(config.dataDir, 'postgres')) });
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
