import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';

/** Any constant will do, as long as every process of the product uses the same. */
const MIGRATION_LOCK = 4_172_360_001;

/** Milliseconds between two looks at whether the other process is done. */
const LOOK_AGAIN_AFTER = 250;

/**
 * Runs the pending migrations and then `seed`, under an advisory lock: of several processes that start together
 * one does the work, the others wait and find it done. Returns the names of the migrations that ran. `say` is told of a wait.
 *
 * The lock is a transaction's, which ends with its connection, also behind a pooler that keeps sessions.
 */
export async function migrate(
  dataSource: DataSource,
  seed: () => Promise<void>,
  say: (text: string) => void = (text) => new Logger('Migrations').log(text),
): Promise<string[]> {
  const lockHolder = dataSource.createQueryRunner();
  try {
    await beginWithLock(lockHolder, say);
    const ran = await dataSource.runMigrations();
    await seed();
    await lockHolder.commitTransaction();
    return ran.map((migration) => migration.name);
  } catch (error) {
    await lockHolder.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await lockHolder.release();
  }
}

/**
 * Waits by asking again, each time in a transaction of its own. CREATE INDEX CONCURRENTLY waits for the end of every
 * transaction that had a snapshot when it looked: one that went on waiting for the lock would wait for whoever has it,
 * who would wait for that one, for ever and unseen by Postgres.
 */
async function beginWithLock(runner: QueryRunner, say: (text: string) => void): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    await runner.startTransaction();
    if (await tryLock(runner)) return;
    await runner.rollbackTransaction();
    if (isFirst) say('Another process brings the database up to date; waiting for it');
    await delay(LOOK_AGAIN_AFTER);
  }
}

/** Without parameters: a statement that has some keeps its snapshot, until the transaction ends or sends another. */
async function tryLock(runner: QueryRunner): Promise<boolean> {
  const [taken] = (await runner.query(`SELECT pg_try_advisory_xact_lock(${MIGRATION_LOCK}) AS "isMine"`)) as [
    { isMine: boolean },
  ];
  return taken.isMine;
}
