// After the last test.
import { rmSync } from 'node:fs';

export default async function tearDown() {
  const notes = globalThis.gatehouseTestNotes;
  if (notes) rmSync(notes, { recursive: true, force: true });
  await globalThis.gatehouseTestServer.close();
}
