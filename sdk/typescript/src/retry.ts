import { NetworkError, secondsToWait } from './errors.js';
import type { Send } from './send.js';

export interface RetryPolicy {
  /** How often a request is sent at most, the first time included; 1 never repeats. */
  readonly tries: number;
  /** How long the pauses between the tries of one request may be in all, in milliseconds. */
  readonly maxWait: number;
}

/** RFC 9110 section 9.2.2: sent twice they do what they do once. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Busy, or a proxy that got no answer: whether the request was carried out is unknown then. */
const NOT_NOW: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** First pause where the service names none, in milliseconds; doubled with each try. */
const FIRST_PAUSE = 250;

/** Whether a request may be sent again although the first may have been carried out. */
export const isRepeatable = (request: Request): boolean =>
  IDEMPOTENT.has(request.method) || request.headers.has('idempotency-key');

/**
 * Sends requests again that were refused for now (429, 503, or 409 while the first of the same `Idempotency-Key` is still
 * running) or got no answer, here or at a proxy (502, 504). Waits as long as `Retry-After` says; where that is longer than `maxWait` allows, the
 * answer is the answer. What timed out is not repeated: its caller has waited long enough.
 */
export function repeating(
  send: Send,
  { tries, maxWait }: RetryPolicy,
  mayRepeat: (request: Request) => boolean = isRepeatable,
): Send {
  return async (request) => {
    const last = mayRepeat(request) ? tries : 1;
    let waited = 0;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await send(request).then(
        (response) => ({ pause: pauseAfter(response, attempt), end: () => response }),
        (error: unknown) => ({ pause: pauseAfterFailure(error, attempt), end: () => Promise.reject(error) }),
      );
      if (outcome.pause === undefined || attempt >= last || waited + outcome.pause > maxWait)
        return outcome.end();
      waited += outcome.pause;
      await pause(outcome.pause, request.signal);
    }
  };
}

/** Milliseconds; undefined where another try would bring the same. */
function pauseAfter(response: Response, attempt: number): number | undefined {
  const seconds = secondsToWait(response);
  const isRunning = response.status === 409 && seconds !== undefined;
  if (!NOT_NOW.has(response.status) && !isRunning) return undefined;
  return Math.max((seconds ?? 0) * 1000, 0) + jittered(attempt);
}

function pauseAfterFailure(error: unknown, attempt: number): number | undefined {
  return error instanceof NetworkError && !isOffline() ? jittered(attempt) : undefined;
}

/** Longer from try to try, and not the same for all who were refused together. */
const jittered = (attempt: number): number => FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);

/** Browsers know; elsewhere it is found out by trying. */
const isOffline = (): boolean => 'navigator' in globalThis && 'onLine' in navigator && !navigator.onLine;

/** Rejects with the reason of the signal when it is aborted first. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
