import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  runMigrations,
  SchemaMigrationRequiredError,
} from 'bullmq';
import type { DataSource } from 'typeorm';
import { JOB_SCHEMA } from './job-store.js';

type Queryable = Parameters<typeof runMigrations>[0];

/** Brings BullMQ's own tables up to date. Whoever may not make any needs to make none when they are. */
export async function migrateJobSchema(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as Queryable;
    if (await isPending(client)) await runMigrations(client, JOB_SCHEMA);
  } finally {
    await runner.release();
  }
}

/** Whether what there is, if anything, is older than this code. */
async function isPending(client: Queryable): Promise<boolean> {
  try {
    return (await assertSchemaCompatibility(client, JOB_SCHEMA)) < LATEST_SCHEMA_VERSION;
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return true;
    throw error;
  }
}

/** Whether BullMQ's own tables are missing or older than this code. */
export async function isJobSchemaBehind(dataSource: DataSource): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    return await isPending((await runner.connect()) as Queryable);
  } finally {
    await runner.release();
  }
}
