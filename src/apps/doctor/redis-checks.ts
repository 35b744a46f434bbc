import { RedisConfig } from '../../platform/redis/redis.config.js';
import { type Facts, isUnknown } from './facts.js';
import { type Check, fault, type Finding, ok, skipped, warning } from './finding.js';
import type { RedisFacts } from './redis-facts.js';

const LEAST_VERSION = [6, 2] as const;

const onRedis = (id: string, look: (redis: RedisFacts, facts: Facts) => Finding): Check => ({
  id,
  look: (facts) => {
    if (facts.redis === null) return skipped('REDIS_URL is not set');
    return isUnknown(facts.redis) ? skipped('Redis cannot be asked') : look(facts.redis, facts);
  },
});

const reachable: Check = {
  id: 'redis',
  look({ redis, config }) {
    if (config.get(RedisConfig).url === null || redis === null)
      return ok('is not used: jobs are in Postgres, limits are counted by each process');
    if (isUnknown(redis))
      return fault(redis.unknown, 'Start it, or correct REDIS_URL. Until then jobs wait in the outbox.');
    if (redis.isCluster)
      return fault('is a cluster', 'Give REDIS_URL the address of a single Redis, or of a primary.');
    if (redis.isReplica)
      return fault('is a replica, which takes no writes', 'Let REDIS_URL lead to the primary.');
    return redis.refusal === null
      ? ok('answers, and is this installation’s')
      : fault(
          redis.refusal.split('\n', 1)[0] ?? '',
          'See "Installations, and copies of databases" in docs/operations.md.',
        );
  },
};

const version = onRedis('redis-version', ({ version: text }) => {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const isOld = major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]);
  return isOld ? fault(`${text} is too old`, 'Take Redis 6.2 or newer, or Valkey.') : ok(text);
});

const eviction = onRedis('redis-eviction', ({ evictionPolicy, maxMemory }) => {
  if (evictionPolicy === 'noeviction') return ok('noeviction');
  const remedy =
    'Set maxmemory-policy noeviction: CONFIG SET maxmemory-policy noeviction, and in redis.conf.';
  return maxMemory > 0
    ? fault(`${evictionPolicy}: jobs are thrown away when memory is short`, remedy)
    : warning(`${evictionPolicy}, although nothing is evicted while maxmemory is 0`, remedy);
});

const persistence = onRedis('redis-persistence', ({ appendsToFile, hasSaved }, { isProduction }) => {
  if (!hasSaved)
    return fault(
      'could not write to its disk the last time',
      'See its log: the disk is full, or may not be written to.',
    );
  if (appendsToFile) return ok('appendonly yes');
  return isProduction
    ? warning('appendonly no: jobs that wait are gone when it restarts', 'Set appendonly yes.')
    : ok('appendonly no, in development');
});

export const redisChecks: readonly Check[] = [reachable, version, eviction, persistence];
