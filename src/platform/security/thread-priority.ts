import { readdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

/** Of libuv's threads, where that of the event loop has 0. They get a quarter of a core it wants too, and all it leaves. */
export const NICENESS = 5;
const THREADS = '/proc/self/task';

/**
 * Lets the event loop go before the threads that hash passwords: on a machine with few cores a flood of sign-ins would take
 * them, and everybody else would wait. Linux only, where a thread has a priority of its own; elsewhere nothing is done.
 */
export async function preferEventLoop(): Promise<void> {
  // The threads are there since the first work they were given: reading this directory, if nothing before.
  for (const id of await readdir(THREADS).catch(() => [])) {
    const name = await readFile(`${THREADS}/${id}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'libuv-worker') setPriority(Number(id), NICENESS);
  }
}
