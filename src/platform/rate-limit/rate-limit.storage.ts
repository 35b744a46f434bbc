import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { BoundedMap } from '../../common/bounded-map.js';
import { gathered } from '../../common/gathered.js';
import { RedisConnection } from '../redis/redis.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Addresses counted in process; an attacker with more of them pushes out the quiet ones first. */
const KEPT = 100_000;

/** Counts a hit in the fixed window of each key, so long if it is the first; answers the counts and the milliseconds left. */
const HIT = `
  local counted = {}
  for i, key in ipairs(KEYS) do
    local hits = redis.call('INCR', key)
    if hits == 1 then redis.call('PEXPIRE', key, ARGV[i]) end
    counted[i] = { hits, redis.call('PTTL', key) }
  end
  return counted`;

interface Hit {
  readonly key: string;
  /** Milliseconds */
  readonly ttl: number;
}

interface Counted {
  readonly hits: number;
  /** Milliseconds */
  readonly left: number;
}

interface Window {
  hits: number;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
}

/**
 * Fixed windows: in Redis, where all instances count together, or in process without Redis or while it is away. Limits
 * that guard a secret are not kept here but in Postgres (see LockoutService).
 */
@Injectable()
export class RateLimitStorage implements ThrottlerStorage {
  private readonly hitShared = gathered((hits: readonly Hit[]) => this.hitAllShared(hits));
  private readonly windows = new BoundedMap<string, Window>(KEPT);

  constructor(private readonly redis: RedisConnection) {}

  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerStorageRecord> {
    const counted = this.redis.isConfigured ? await this.hitShared({ key, ttl }) : null;
    const { hits, left } = counted ?? this.hitLocal(key, ttl);
    const seconds = Math.max(1, Math.ceil(left / 1000));
    return { totalHits: hits, timeToExpire: seconds, isBlocked: hits > limit, timeToBlockExpire: seconds };
  }

  private async hitAllShared(hits: readonly Hit[]): Promise<(Counted | null)[]> {
    const counted = await this.redis.try((client) =>
      client.eval(
        HIT,
        hits.length,
        ...hits.map(({ key }) => `${this.redis.claim.prefix}rate:${key}`),
        ...hits.map(({ ttl }) => ttl),
      ),
    );
    const answers = (counted ?? []) as [number, number][];
    return hits.map((_, index) => {
      const answer = answers[index];
      return answer ? { hits: answer[0], left: answer[1] } : null;
    });
  }

  private hitLocal(key: string, ttl: number): Counted {
    const now = performance.now();
    const known = this.windows.get(key);
    const window = known && known.endsAt > now ? known : { hits: 0, endsAt: now + ttl };
    window.hits += 1;
    this.windows.set(key, window);
    // Whole milliseconds, as from Redis: 60,000.00000001 would round up to 61 seconds.
    return { hits: window.hits, left: Math.round(window.endsAt - now) };
  }
}
