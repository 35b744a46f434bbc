import { runMigrations } from 'bullmq';
import { Client } from 'pg';
import { JOB_SCHEMA } from './job-store.js';

/** Brings BullMQ's own tables up to date; of several that start together one does it. */
export async function migrateJobSchema(databaseUrl: string): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'gatehouse-migrations',
    connectionTimeoutMillis: 5_000,
  });
  await client.connect();
  try {
    await runMigrations(client, JOB_SCHEMA);
  } finally {
    await client.end();
  }
}
