import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { BoundedMap } from '../../common/bounded-map.js';
import { RedisConnection } from '../redis/redis.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Addresses counted in process; an attacker with more of them pushes out the quiet ones first. */
const KEPT = 100_000;

/** Counts one hit in a fixed window; answers the count and the milliseconds left. */
const HIT = `
  local hits = redis.call('INCR', KEYS[1])
  if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return { hits, redis.call('PTTL', KEYS[1]) }`;

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
  private readonly windows = new BoundedMap<string, Window>(KEPT);

  constructor(private readonly redis: RedisConnection) {}

  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerStorageRecord> {
    const { hits, left } = (await this.hitShared(key, ttl)) ?? this.hitLocal(key, ttl);
    const seconds = Math.max(1, Math.ceil(left / 1000));
    return { totalHits: hits, timeToExpire: seconds, isBlocked: hits > limit, timeToBlockExpire: seconds };
  }

  private async hitShared(key: string, ttl: number): Promise<{ hits: number; left: number } | null> {
    const result = await this.redis.try((client) =>
      client.eval(HIT, 1, `${this.redis.claim.prefix}rate:${key}`, ttl),
    );
    if (result === null) return null;
    const [hits, left] = result as [number, number];
    return { hits, left };
  }

  private hitLocal(key: string, ttl: number): { hits: number; left: number } {
    const now = performance.now();
    const known = this.windows.get(key);
    const window = known && known.endsAt > now ? known : { hits: 0, endsAt: now + ttl };
    window.hits += 1;
    this.windows.set(key, window);
    // Whole milliseconds, as from Redis: 60,000.00000001 would round up to 61 seconds.
    return { hits: window.hits, left: Math.round(window.endsAt - now) };
  }
}
