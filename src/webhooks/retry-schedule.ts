const [MINUTE, HOUR] = [60, 3_600];

/** Seconds before each attempt, counted from the one before. */
const PAUSES = [0, 30, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR] as const;

/** Attempts of one delivery before it is given up. */
export const MAX_ATTEMPTS = PAUSES.length;

/**
 * Seconds until the next attempt after `attempts` of them have failed; null when that was the last. A tenth more or
 * less at random, so that what failed together does not come back together.
 */
export function pauseAfter(attempts: number, random: () => number = Math.random): number | null {
  const pause = PAUSES[attempts];
  return pause === undefined ? null : pause * (0.9 + 0.2 * random());
}
