import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again until `holds` answers something true, and answers that. */
export async function eventually(what, holds, within, every = 100) {
  for (const deadline = performance.now() + within; ; await delay(every)) {
    const result = await holds();
    if (result) return result;
    if (performance.now() > deadline) throw new Error(`not within ${seconds(within)}: ${what}`);
  }
}

/** The value `share` (0 to 1) of all are not above. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values) => percentile(values, 0.5);

/**
 * Calls `work(i)` at the times a clock says, whether those before have come back or not, and answers how long each took
 * from when it was due: whoever waits for a slow server before asking again does not see what its users see.
 */
export async function openLoop(rate, count, work) {
  const startedAt = performance.now();
  const all = [];
  for (let i = 0; i < count; i += 1) {
    const due = startedAt + (i * 1_000) / rate;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    all.push(work(i).then(() => performance.now() - due));
  }
  return Promise.all(all);
}

export const number = (value) => value.toLocaleString('en');
export const seconds = (milliseconds) => `${(milliseconds / 1_000).toFixed(1)} s`;
export const ms = (milliseconds) => `${Math.round(milliseconds)} ms`;

/** Said beside figures that depend on what else the machine does. Ask before the drill begins its own work. */
export function company() {
  const [load = 0] = loadavg();
  const isQuiet = load < availableParallelism();
  return isQuiet
    ? `quiet machine, load ${load.toFixed(1)}`
    : `the machine was NOT quiet: load ${load.toFixed(1)}`;
}
