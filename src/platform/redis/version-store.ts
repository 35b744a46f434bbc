import { Injectable } from '@nestjs/common';
import { gathered } from '../../common/gathered.js';
import { RedisConnection } from './redis.js';

/** How long a version stays without being read again. Milliseconds. */
const TTL = 60_000;
/** Keys set by one script: others wait for it. */
const AT_ONCE = 500;

/**
 * Sets each key to a version unless it holds a greater one, and only while the keys are this database's; with an epoch
 * given, only while that epoch lasts.
 */
const PUBLISH = `
  local epoch = redis.call('GET', KEYS[1])
  if ARGV[1] ~= '' and epoch ~= ARGV[1] then return 0 end
  if epoch and string.sub(epoch, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
  for i = 2, #KEYS do
    local held = tonumber(redis.call('GET', KEYS[i]))
    local version = tonumber(ARGV[i + 2])
    if not held or version >= held then redis.call('SET', KEYS[i], ARGV[i + 2], 'PX', ARGV[3]) end
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
  private readonly readGathered = gathered((asked: readonly (readonly string[])[]) => this.readAll(asked));

  constructor(private readonly redis: RedisConnection) {}

  get isShared(): boolean {
    return this.redis.isConfigured;
  }

  /**
   * Null when Redis cannot be asked. A server that takes no writes does not count: a replica, or one that refuses them
   * for lack of disk or replicas, may not have the versions that were published last. PERSIST changes nothing and is
   * refused like a write.
   */
  read(keys: readonly string[]): Promise<VersionSnapshot | null> {
    return this.readGathered(keys);
  }

  private async readAll(asked: readonly (readonly string[])[]): Promise<(VersionSnapshot | null)[]> {
    const keys = [...new Set(asked.flat())];
    const values = await this.redis.try(async (client) => {
      const { claim } = this.redis;
      const answers = await client
        .pipeline()
        .persist(claim.epochKey)
        .mget(claim.epochKey, ...keys.map((key) => this.keyOf(key)))
        .exec();
      for (const [error] of answers ?? []) if (error) throw error;
      const [epoch = null, ...versions] = (answers?.[1]?.[1] ?? []) as (string | null)[];
      if (epoch === null) await claim.begin(client);
      else claim.assertOurs(epoch);
      return { epoch, versions: new Map(keys.map((key, index) => [key, versionOf(versions[index])])) };
    });
    return asked.map(
      (list) =>
        values && {
          epoch: values.epoch,
          versions: list.map((key) => values.versions.get(key) ?? null),
        },
    );
  }

  /**
   * Publishes versions. One who has only read them gives the epoch seen before reading: if Redis has lost its data
   * since, a newer version may have been among it, and nothing is published. False when Redis cannot be asked or says
   * that the keys are another database's.
   */
  async publish(versions: readonly Version[], epoch = ''): Promise<boolean> {
    for (let from = 0; from < versions.length; from += AT_ONCE) {
      const done = await this.publishSome(versions.slice(from, from + AT_ONCE), epoch);
      if (done === null || (done === 0 && epoch === '')) return false;
    }
    return true;
  }

  /** Before a change is tried again: the connection may be on its way to another server. */
  async settled(): Promise<void> {
    await this.redis.settled();
  }

  private async publishSome(versions: readonly Version[], epoch: string): Promise<number | null> {
    // A change is published even while readers leave Redis alone: the caller waits for nothing else.
    return this.redis.try(async (client) => {
      const { epochKey, installation } = this.redis.claim;
      const keys = [epochKey, ...versions.map(({ key }) => this.keyOf(key))];
      const values = versions.map(({ version }) => version);
      const done = await client.eval(
        PUBLISH,
        keys.length,
        ...keys,
        epoch,
        `${installation.fingerprint} `,
        TTL,
        ...values,
      );
      return done as number;
    }, epoch === '');
  }

  private keyOf(key: string): string {
    return `${this.redis.claim.prefix}version:${key}`;
  }
}

function versionOf(value: string | null | undefined): number | null {
  return typeof value === 'string' ? Number(value) : null;
}
