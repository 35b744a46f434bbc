import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { AccessUnavailable } from './errors.js';

type FindKey = ReturnType<typeof createLocalJWKSet>;

/** Seconds. */
export interface KeySetTimes {
  /** How long a set counts as current; Gatehouse publishes a key 330 s before it signs. */
  readonly freshFor: number;
  /** A token that names an unknown key has the set fetched again, but not sooner after the last time. */
  readonly unknownKeyCooldown: number;
  /** How long the last good set is used while no other can be had. A key that was withdrawn is trusted so long at most. */
  readonly keptFor: number;
}

/** Pause after a fetch that failed, in seconds. */
const FAILURE_COOLDOWN = 2;
/** So long after a failure, in seconds, nobody waits for the next try while there are keys to go on with. */
const AWAY = 30;

/** The keys that Gatehouse signs with. However many ask, one fetch is under way. */
export class KeySet {
  private current: { readonly find: FindKey; readonly fetchedAt: number } | undefined;
  private failure: { readonly cause: unknown; readonly at: number } | undefined;
  private fetching: Promise<void> | undefined;

  /** `fetchKeys` answers the set as JSON. `now` in milliseconds. */
  constructor(
    private readonly fetchKeys: () => Promise<unknown>,
    private readonly times: KeySetTimes,
    private readonly now: () => number,
  ) {}

  /**
   * The key that a token's header names.
   * @throws errors.JOSEError when there is no such key
   * @throws AccessUnavailable when nobody knows
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.age() >= this.times.freshFor) {
      const refreshed = this.refresh();
      if (!this.isAway() || this.age() >= this.times.keptFor) await refreshed;
    }
    try {
      return await this.usable()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    if (this.age() >= this.times.unknownKeyCooldown) await this.refresh();
    if (this.failure) {
      throw new AccessUnavailable(
        'A token names an unknown key, and the keys cannot be fetched',
        this.failure,
      );
    }
    return this.usable()(header, token);
  };

  private isAway(): boolean {
    return this.failure !== undefined && this.now() - this.failure.at < AWAY * 1_000;
  }

  /** Seconds since the last good fetch. */
  private age(): number {
    return this.current ? (this.now() - this.current.fetchedAt) / 1_000 : Infinity;
  }

  private usable(): FindKey {
    if (this.current && this.age() < this.times.keptFor) return this.current.find;
    throw new AccessUnavailable('The keys of Gatehouse cannot be fetched', this.failure);
  }

  private async refresh(): Promise<void> {
    if (this.failure && this.now() - this.failure.at < FAILURE_COOLDOWN * 1_000) return;
    this.fetching ??= this.fetch().finally(() => (this.fetching = undefined));
    await this.fetching;
  }

  private async fetch(): Promise<void> {
    const fetchedAt = this.now();
    try {
      const set = (await this.fetchKeys()) as JSONWebKeySet;
      const find = createLocalJWKSet(set);
      if (set.keys.length === 0) throw new Error('The set of keys is empty');
      this.current = { find, fetchedAt };
      this.failure = undefined;
    } catch (cause) {
      this.failure = { cause, at: this.now() };
    }
  }
}
