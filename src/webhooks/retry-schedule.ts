const [MINUTE, HOUR] = [60, 3_600];

/** Seconds before each attempt, counted from the one before. */
const PAUSES = [0, 30, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR] as const;

/** Seconds a receiver is left alone that did not answer in time, and at most. */
const [FIRST_REST, LONGEST_REST] = [30, 10 * MINUTE];

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

/**
 * Seconds nothing is sent to a receiver after so many attempts in a row without an answer in time, each of which has
 * kept a worker busy for ten seconds. Null after a single one, which may have been bad luck.
 */
export function restAfter(timeouts: number): number | null {
  return timeouts < 2 ? null : Math.min(FIRST_REST * 2 ** (timeouts - 2), LONGEST_REST);
}
