import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Config } from '../platform/config/config.js';
import { RedisConfig } from '../platform/redis/redis.config.js';
import { isEmpty, pendingMigrations } from '../platform/database/pending-migrations.js';
import { isJobSchemaBehind } from '../platform/jobs/job-schema.js';

/** Milliseconds. */
const ASK_AGAIN = 1_000;
const REMEDY =
  'Run: npm run cli -- migrate (in the image: node dist/src/cli.js migrate), or set MIGRATE_ON_START=true';

/**
 * Waits until somebody has prepared the database for this code: with MIGRATE_ON_START=false that is not ours to do. Nothing
 * of the code has run by then, so that none of it meets a table it does not know. `say` is told what is missing, whenever
 * that changes. Ends at once when `signal` is given.
 */
export async function untilPrepared(
  dataSource: DataSource,
  config: Config,
  { say, signal }: { say: (missing: string) => Promise<void>; signal: AbortSignal },
): Promise<void> {
  let said = '';
  for (;;) {
    const missing = await missingIn(dataSource, config).catch(
      (error: unknown) => `The database cannot be asked: ${String(error)}`,
    );
    if (missing === null) return;
    if (missing !== said) await say(`${missing}. ${REMEDY}`);
    said = missing;
    await delay(ASK_AGAIN, undefined, { signal });
  }
}

/** The database is not as this code needs it. */
export class NotPrepared extends Error {
  override readonly name = 'NotPrepared';
}

/** For what does not wait. @throws NotPrepared */
export async function assertPrepared(dataSource: DataSource, config: Config): Promise<void> {
  const missing = await missingIn(dataSource, config);
  if (missing !== null) throw new NotPrepared(`${missing}. ${REMEDY}.`);
}

/** What the database lacks for this code, in one line; null when nothing. */
export async function missingIn(dataSource: DataSource, config: Config): Promise<string | null> {
  const pending = await pendingMigrations(dataSource);
  if (pending.length === dataSource.migrations.length) return 'The database is empty';
  if (pending.length > 0)
    return `The database lacks ${pending.length} migrations of this version: ${pending.join(', ')}`;
  if (config.get(RedisConfig).url === null && (await isJobSchemaBehind(dataSource)))
    return 'The database lacks the tables of the job queues';
  return (await isEmpty(dataSource, 'role')) ? 'The database lacks roles and privileges' : null;
}
