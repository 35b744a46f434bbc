import type { AccessUnavailable } from './errors.js';
import type { KeySetTimes } from './key-set.js';
import type { RevocationList } from './revocation-list.js';
import type { Algorithm, TokenRules } from './token-verifier.js';

export interface AccessOptions {
  /** Where Gatehouse is, without `/api/v1`: `https://id.example.com`. */
  readonly baseUrl: string;
  /** `iss` of its tokens; `baseUrl` by default. Give it where services reach Gatehouse by another address. */
  readonly issuer?: string;
  /** `aud` of its tokens; `gatehouse` by default. */
  readonly audience?: string;
  /** RS256 and ES256 by default; no others. */
  readonly algorithms?: readonly Algorithm[];
  /** Seconds by which clocks may be apart, 0 to 60; 30 by default. */
  readonly clockTolerance?: number;
  /** Seconds that an answer counts, 0 to 60; 5 by default. So late is seen that a session ended or a privilege was taken away. */
  readonly cacheFor?: number;
  /** Answers that are kept; 50,000 by default. */
  readonly cacheMax?: number;
  /** Milliseconds a question to Gatehouse may take; 2,000 by default. */
  readonly timeout?: number;
  /** Seconds; by default 300, 30 and 3,600. */
  readonly keys?: Partial<KeySetTimes>;
  /** What events tell of sessions that ended; hand events to `onEvent`. */
  readonly revocations?: RevocationList;
  /** An access token of this service's own user, for introspection (`tokens.validate`) and `checkUser` (`access.check`). */
  readonly serviceToken?: () => string | Promise<string>;
  /** Each request that is refused because Gatehouse cannot be asked: for the log. `error.reason` says why. */
  readonly onUnavailable?: (error: AccessUnavailable) => void;
  /** What sends requests; that of the platform by default. */
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

interface Settings extends Required<Pick<AccessOptions, 'baseUrl' | 'cacheFor' | 'cacheMax' | 'timeout'>> {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly keys: KeySetTimes;
  readonly rules: TokenRules;
}

const ALGORITHMS: readonly Algorithm[] = ['RS256', 'ES256'];

/** @throws TypeError when an option cannot be right: better at the start than for each request */
export function settingsOf(options: AccessOptions): Settings {
  const { baseUrl, algorithms = ALGORITHMS, keys } = options;
  if (!/^https?:$/.test(URL.canParse(baseUrl) ? new URL(baseUrl).protocol : '')) {
    throw new TypeError(
      `baseUrl is the address of Gatehouse, like https://id.example.com; this is ${baseUrl}`,
    );
  }
  if (algorithms.length === 0 || !algorithms.every((algorithm) => ALGORITHMS.includes(algorithm))) {
    throw new TypeError(`algorithms are RS256 and ES256; these are ${algorithms.join(', ')}`);
  }
  return {
    baseUrl,
    timeout: within('timeout', options.timeout, 2_000, 1, 60_000),
    cacheFor: within('cacheFor', options.cacheFor, 5, 0, 60),
    cacheMax: within('cacheMax', options.cacheMax, 50_000, 1, 10_000_000),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    now: options.now ?? Date.now,
    keys: {
      freshFor: within('keys.freshFor', keys?.freshFor, 300, 1, 3_600),
      unknownKeyCooldown: within('keys.unknownKeyCooldown', keys?.unknownKeyCooldown, 30, 1, 3_600),
      keptFor: within('keys.keptFor', keys?.keptFor, 3_600, 1, 86_400),
    },
    rules: {
      issuer: options.issuer ?? baseUrl.replace(/\/+$/, ''),
      audience: options.audience ?? 'gatehouse',
      algorithms,
      clockTolerance: within('clockTolerance', options.clockTolerance, 30, 0, 60),
    },
  };
}

function within(
  name: string,
  value: number | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  const given = value ?? otherwise;
  if (given >= least && given <= most) return given;
  throw new TypeError(`${name} is a number from ${least} to ${most}; this is ${given}`);
}
