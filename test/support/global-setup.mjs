// Before the first test that needs a database. Jest's workers inherit the environment set here.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../../scripts/ensure-built.mjs';

export default async function setUp() {
  ensureBuilt();
  const { openTestServer } = await import('./server.mjs');
  const server = await openTestServer();
  process.env.GATEHOUSE_TEST_SERVER = server.url;
  process.env.GATEHOUSE_TEST_TEMPLATE = server.template;
  globalThis.gatehouseTestServer = server;
  if (!process.env.GATEHOUSE_TEST_SEEN) {
    globalThis.gatehouseTestNotes = mkdtempSync(join(tmpdir(), 'gatehouse-seen-'));
    process.env.GATEHOUSE_TEST_SEEN = globalThis.gatehouseTestNotes;
  }
  // Whatever ends the run, the embedded Postgres does not stay behind.
  process.once('exit', () => server.closeSync());
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
}
