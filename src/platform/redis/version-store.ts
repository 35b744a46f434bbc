import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RedisConnection } from './redis.js';

const PREFIX = 'gatehouse:version:';
const EPOCH = 'gatehouse:epoch';
/** How long a version stays without being read again. Milliseconds. */
const TTL = 60_000;

/** Sets each key to a version unless it holds a greater one; with an epoch given, only while that epoch lasts. */
const PUBLISH = `
  if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  for i = 2, #KEYS do
    local held = tonumber(redis.call('GET', KEYS[i]))
    local version = tonumber(ARGV[i + 1])
    if not held or version >= held then redis.call('SET', KEYS[i], ARGV[i + 1], 'PX', ARGV[2]) end
  end
  return 1`;

export interface VersionSnapshot {
  /** Changes when Redis has lost its data; null right after. */
  readonly epoch: string | null;
  readonly versions: readonly (number | null)[];
}

export interface Version {
  readonly key: string;
  readonly version: number;
}

/**
 * Version numbers shared by all instances. They only ever go up, so that whoever is late cannot undo what a faster
 * one has published. The truth is in Postgres: a missing number only means that it has to be asked.
 */
@Injectable()
export class VersionStore {
  constructor(private readonly redis: RedisConnection) {}

  get isShared(): boolean {
    return this.redis.isConfigured;
  }

  /** Null when Redis cannot be asked. */
  async read(keys: readonly string[]): Promise<VersionSnapshot | null> {
    return this.redis.try(async (client) => {
      const [epoch = null, ...values] = await client.mget(EPOCH, ...keys.map((key) => PREFIX + key));
      if (epoch === null) await client.set(EPOCH, randomUUID(), 'NX');
      return { epoch, versions: values.map((value) => (value === null ? null : Number(value))) };
    });
  }

  /**
   * Publishes versions. One who has only read them gives the epoch seen before reading: if Redis has lost its data
   * since, a newer version may have been among it, and nothing is published. False when Redis cannot be asked.
   */
  async publish(versions: readonly Version[], epoch = ''): Promise<boolean> {
    const keys = [EPOCH, ...versions.map(({ key }) => PREFIX + key)];
    const values = versions.map(({ version }) => version);
    // A change is published even while readers leave Redis alone: the caller waits for nothing else.
    const done = await this.redis.try(
      (client) => client.eval(PUBLISH, keys.length, ...keys, epoch, TTL, ...values),
      epoch === '',
    );
    return done !== null;
  }
}
