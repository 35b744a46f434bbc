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
  client.on('error', () => undefined); // the server may stop at any time; the statement fails then
  try {
    await client.connect();
    await runMigrations(client, JOB_SCHEMA);
  } finally {
    await client.end();
  }
}
