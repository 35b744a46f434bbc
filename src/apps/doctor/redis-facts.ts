import { withRedis } from '../../platform/redis/with-redis.js';
import type { Installation } from '../../platform/installation/installation.js';
import { RedisClaim, RedisUnusable } from '../../platform/redis/redis-claim.js';

export interface RedisFacts {
  readonly version: string;
  readonly isCluster: boolean;
  readonly isReplica: boolean;
  readonly evictionPolicy: string;
  /** Bytes; 0: no limit. */
  readonly maxMemory: number;
  readonly appendsToFile: boolean;
  /** Whether what it wrote last to its disk was written. */
  readonly hasSaved: boolean;
  /** Why the keys of this installation cannot be used; null where they can. */
  readonly refusal: string | null;
}

/** Asks Redis, and changes nothing there: not even who it belongs to. */
export function readRedisFacts(url: string, installation: Installation | null): Promise<RedisFacts> {
  return withRedis(url, async (client) => {
    const info = fieldsOf(await client.info());
    const is = (name: string, value: string) => info.get(name) === value;
    return {
      version: info.get('valkey_version') ?? info.get('redis_version') ?? '?',
      isCluster: is('redis_mode', 'cluster') || is('cluster_enabled', '1'),
      isReplica: is('role', 'slave'),
      evictionPolicy: info.get('maxmemory_policy') ?? '?',
      maxMemory: Number(info.get('maxmemory') ?? 0),
      appendsToFile: is('aof_enabled', '1'),
      hasSaved: !is('rdb_last_bgsave_status', 'err') && !is('aof_last_write_status', 'err'),
      refusal: installation && refusalOf(new RedisClaim(installation), await epochOf(client, installation)),
    };
  });
}

function epochOf(client: { get(key: string): Promise<string | null> }, installation: Installation) {
  return client.get(new RedisClaim(installation).epochKey);
}

function refusalOf(claim: RedisClaim, epoch: string | null): string | null {
  try {
    if (epoch !== null) claim.assertOurs(epoch);
    return null;
  } catch (error) {
    if (error instanceof RedisUnusable) return error.message;
    throw error;
  }
}

/** `name:value`, a line each. */
function fieldsOf(info: string): ReadonlyMap<string, string> {
  return new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}
