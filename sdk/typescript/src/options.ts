import type { SignedOutReason } from './session.js';
import type { RetryPolicy } from './retry.js';
import type { TokenStore } from './token-store.js';

export interface GatehouseOptions {
  /** Where the service is, without `/api/v1`: `https://id.example.com`. In a page a path of its own origin, or `''`, does. */
  readonly baseUrl: string;
  /** Where tokens are kept; in memory by default. */
  readonly store?: TokenStore | undefined;
  /** In place of a store: a token of somebody who signed in elsewhere. It is used as it is and never renewed. */
  readonly accessToken?: string | undefined;
  /** Called once when nobody is signed in any more. */
  readonly onSignedOut?: ((reason: SignedOutReason) => void) | undefined;
  /** How long each try of a request may take, its answer included, in milliseconds; 30,000 by default. */
  readonly timeout?: number | undefined;
  readonly retry?: { readonly [Name in keyof RetryPolicy]?: RetryPolicy[Name] | undefined } | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What sends requests; that of the platform by default. */
  readonly fetch?: typeof fetch | undefined;
}

interface Settings {
  readonly baseUrl: string;
  readonly timeout: number;
  readonly retry: RetryPolicy;
  readonly fetch: typeof fetch;
}

const HOUR = 3_600_000;

/** @throws TypeError when an option cannot be right: better at the start than in each request */
export function settingsOf({ baseUrl, timeout, retry, fetch: send }: GatehouseOptions): Settings {
  return {
    baseUrl: addressOf(baseUrl),
    timeout: within('timeout', timeout ?? 30_000, 1, HOUR),
    retry: {
      tries: within('retry.tries', retry?.tries ?? 3, 1, 100),
      maxWait: within('retry.maxWait', retry?.maxWait ?? 20_000, 0, HOUR),
    },
    // Called as it is looked up each time: what instruments `fetch` may come later.
    fetch: send ?? ((input, init) => fetch(input, init)),
  };
}

function addressOf(baseUrl: string): string {
  const address = baseUrl.replace(/\/+$/, '');
  const isOfThisPage = 'location' in globalThis && /^(\/|$)/.test(address);
  if ((isOfThisPage || /^https?:\/\/[^/]/.test(address)) && !address.endsWith('/api/v1')) return address;
  throw new TypeError(
    `baseUrl is where the service is, without /api/v1, like https://id.example.com; this is ${baseUrl}`,
  );
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`${name} is a whole number from ${least} to ${most}; this is ${value}`);
}
