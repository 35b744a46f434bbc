import type { Config } from '../../platform/config/config.js';
import type { DatabaseFacts } from './database-facts.repository.js';
import type { RedisFacts } from './redis-facts.js';

/** It could not be asked, or did not answer in time. */
export interface Unknown {
  readonly unknown: string;
}

export const isUnknown = (fact: object): fact is Unknown => 'unknown' in fact;

export interface KeyFact {
  readonly state: string;
  /** Whether KEY_ENCRYPTION_SECRET opens it. */
  readonly opens: boolean;
  /** Seconds it has been in this state. */
  readonly age: number;
}

/** What is in a database that is up to date. */
export interface ContentFacts {
  readonly keys: readonly KeyFact[];
  /** Seconds the oldest event has waited for a relay; null where none waits. */
  readonly outboxAge: number | null;
  /** Where the newest audited requests came from, and how many from each. */
  readonly addresses: readonly { readonly ip: string; readonly count: number }[];
  readonly hasAdministrator: boolean;
}

/** What the service would find where it runs, as it is at this moment. Of what is not used: null. */
export interface Facts {
  readonly config: Config;
  readonly isProduction: boolean;
  readonly database: DatabaseFacts | Unknown;
  /** What the database lacks for this code, in a sentence; null when nothing. */
  readonly missing: string | null | Unknown;
  readonly content: ContentFacts | Unknown;
  /** Whether DATABASE_DIRECT_URL, or else DATABASE_URL, leads past every pooler. */
  readonly direct: { readonly isDirect: boolean } | Unknown;
  readonly redis: RedisFacts | Unknown | null;
  readonly broker: { readonly isThere: true } | Unknown | null;
  readonly mail: { readonly isThere: true } | Unknown | null;
  /** The answer to a probe of the public address. */
  readonly publicAddress: { readonly status: number } | Unknown | null;
  readonly machine: {
    readonly node: string;
    readonly timeZone: string;
    /** Bytes that are free, by folder. */
    readonly disks: readonly { readonly path: string; readonly free: number }[];
  };
}
