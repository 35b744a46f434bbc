import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Installation } from '../installation/installation.js';

/** Redis answers and must not be used. Says what to do. */
export class RedisUnusable extends Error {
  constructor(reason: string) {
    super(`REDIS_URL cannot be used: ${reason}`);
    this.name = 'RedisUnusable';
  }
}

/** Notes which database the keys belong to, unless another one has done so, and answers what is noted. */
const CLAIM = `
  redis.call('SET', KEYS[1], ARGV[1], 'NX')
  return redis.call('GET', KEYS[1])`;

const AUTHENTICATION = /^(NOAUTH|WRONGPASS|NOPERM)|invalid (username-)?password/;

/** The same for good: trying again does not help. */
export function asUnusable(error: unknown): RedisUnusable | null {
  if (error instanceof RedisUnusable) return error;
  const message = error instanceof Error ? error.message.replace(/^Ready check failed: /, '') : '';
  if (AUTHENTICATION.test(message)) {
    return new RedisUnusable(
      `the server refuses its user or password, or does not let it do what is needed: ${message}`,
    );
  }
  return null;
}

/**
 * What the keys of an installation are called, and whose they are: the key `epoch` names the database (its fingerprint)
 * and, by a uuid, the data that Redis has held since it was last emptied.
 */
export class RedisClaim {
  readonly prefix: string;
  readonly epochKey: string;

  constructor(readonly installation: Installation) {
    this.prefix = `gatehouse:${installation.id}:`;
    this.epochKey = `${this.prefix}epoch`;
  }

  /** @throws RedisUnusable when the server is a cluster, has no such database, or these keys are another database's */
  async assert(client: Redis): Promise<void> {
    if (/redis_mode:cluster|cluster_enabled:1/.test(await client.info())) {
      throw new RedisUnusable(
        'it leads to a Redis Cluster. Give the address of a single Redis, or of its primary.',
      );
    }
    const number = client.options.db ?? 0;
    await client.select(number).catch((error: Error) => {
      if (!/out of range/i.test(error.message)) throw error;
      throw new RedisUnusable(
        `the server has no database ${number}. Take a smaller number after the last slash.`,
      );
    });
    this.assertOurs(await this.begin(client));
  }

  /** Begins an epoch unless there is one, and answers it. */
  async begin(client: Redis): Promise<string> {
    const mine = `${this.installation.fingerprint} ${randomUUID()}`;
    return (await client.eval(CLAIM, 1, this.epochKey, mine)) as string;
  }

  /** Takes the keys over from another database of this installation: an epoch of our own begins. */
  async takeOver(client: Redis): Promise<void> {
    await client.set(this.epochKey, `${this.installation.fingerprint} ${randomUUID()}`);
  }

  /** @throws RedisUnusable */
  assertOurs(epoch: string): void {
    if (epoch.startsWith(`${this.installation.fingerprint} `)) return;
    throw new RedisUnusable(
      `another database has the same installation id (${this.installation.id}) and uses it: one is a copy of the other.\n` +
        'Is this one the copy (a test, staging)? Stop its processes, then: npm run cli -- installation renew\n' +
        'Does this one take the place of the other (a restored dump, a new major version)? Stop the processes of the ' +
        'other, then: npm run cli -- installation take-over',
    );
  }
}
