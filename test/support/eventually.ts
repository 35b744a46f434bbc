import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is yes; fails after `limit` milliseconds. */
export async function eventually(
  check: () => Promise<boolean> | boolean,
  limit = 5_000,
  pause = 10,
): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`Not within ${limit} ms: ${check.toString()}`);
    await delay(pause);
  }
}
