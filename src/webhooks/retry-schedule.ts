const [MINUTE, HOUR] = [60, 3_600];

/** Seconds before each attempt, counted from the one before. */
const PAUSES = [0, 30, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR] as const;

/** Seconds a receiver that did not answer in time is left alone, at first and after many times. */
const [FIRST_REST, LONGEST_REST] = [30, 10 * MINUTE];

/** Answers with which `Retry-After` means what it says (RFC 9110, section 10.2.3, and RFC 6585, section 4). */
const SAYS_WHEN = new Set([429, 503]);
const LONGEST_ASKED = 24 * HOUR;

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

/** Seconds the receiver asks to be left alone by an answer of this status, a day at most; null when it does not. */
export function restAskedFor(status: number, retryAfter: number | null): number | null {
  return retryAfter !== null && retryAfter > 0 && SAYS_WHEN.has(status)
    ? Math.min(retryAfter, LONGEST_ASKED)
    : null;
}

/**
 * Seconds nothing is sent to a receiver after so many attempts in a row without an answer in time, each of which has
 * kept a worker busy for ten seconds; up to half as long again at random, so that receivers that went down together are
 * not all tried together. Null after a single timeout, which may have been bad luck.
 */
export function restAfter(timeouts: number, random: () => number = Math.random): number | null {
  if (timeouts < 2) return null;
  return Math.min(FIRST_REST * 2 ** (timeouts - 2), LONGEST_REST) * (1 + random() / 2);
}
