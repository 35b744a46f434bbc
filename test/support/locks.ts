import { Client } from 'pg';
import type { TestApp } from './app.js';
import { eventually } from './eventually.js';

/** Does `work` with a transaction past the service, which holds what it locks until `work` ends it, or ends. */
export async function whileHolding(
  { databaseUrl }: TestApp,
  work: (locks: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    await work(client);
  } finally {
    await client.end();
  }
}

/** Until so many statements wait for a lock in the database of the service. */
export async function waiting(service: TestApp, count: number): Promise<void> {
  await eventually(async () => {
    const rows = await service.sql(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length >= count;
  });
}
