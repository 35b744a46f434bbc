import { readdir, readFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** Of libuv's threads, beyond that of the event loop. They get a quarter of a core it wants too, and all it leaves. */
export const NICENESS = 5;
/** The most there is. */
const NICEST = 19;
const THREADS = '/proc/self/task';

/**
 * Lets the event loop go before the threads that hash passwords: on a machine with few cores a flood of sign-ins would take
 * them, and everybody else would wait. Linux only, where a thread has a priority of its own; elsewhere nothing is done.
 */
export async function preferEventLoop(set = setPriority): Promise<void> {
  const niceness = Math.min(NICEST, getPriority() + NICENESS);
  // The threads are there since the first work they were given: reading this directory, if nothing before.
  for (const id of await readdir(THREADS).catch(() => [])) {
    const name = await readFile(`${THREADS}/${id}/comm`, 'utf8').catch(() => '');
    if (name.trim() !== 'libuv-worker') continue;
    try {
      set(Number(id), niceness);
    } catch {
      // Where that is forbidden everything works as well, only less evenly.
    }
  }
}
