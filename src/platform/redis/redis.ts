import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { within } from '../../common/within.js';
import { RedisConfig } from './redis.config.js';
import { Installation } from '../installation/installation.js';
import { onceInAWhile } from '../logging/once-in-a-while.js';
import { asUnusable, RedisClaim, RedisUnusable } from './redis-claim.js';

/** The most a command may take. Redis only makes things faster: what waits longer goes to Postgres instead. */
const COMMAND_TIMEOUT = 50;
/** How long a start waits for the connection. Milliseconds. */
const CONNECT_WITHIN = 1_000;
/** After a failure nobody asks again for this long. */
const PAUSE = 1_000;
/** How long the check of a new connection may take, and when one that failed is repeated. Milliseconds. */
const CHECK_WITHIN = 3_000;
const CHECK_AGAIN = 1_000;
/** How long a change waits for a connection that is made anew because its server was demoted. Milliseconds. */
const MOVE_WITHIN = 150;

/** Redis says that it is a replica: the primary is somewhere else by now. Scripts wrap the answer in one of their own. */
export function isMoved(error: Error): boolean {
  return error.message.includes('READONLY');
}

/**
 * The connection to Redis, if one is configured. A command that fails or hangs answers null within 50 ms, and for a
 * second after it nothing is asked: an outage costs a request at most that once. Nothing is asked on a connection before
 * it is known that the keys there are this installation's.
 */
@Injectable()
export class RedisConnection implements OnApplicationShutdown, OnModuleInit {
  private readonly logger = new Logger('Redis');
  private readonly client: Redis | null;
  private readonly ownClaim: RedisClaim | null;
  private readonly sayAway = onceInAWhile((error: Error) =>
    this.logger.warn(`Redis is away: ${error.message || error.name}`),
  );
  private readonly sayUnusable = onceInAWhile((error: RedisUnusable) => this.logger.error(error.message));
  private readonly usable = Promise.withResolvers<void>();
  private isUsable = false;
  private hasMoved = false;
  private refusal: RedisUnusable | null = null;
  private isClosed = false;
  private pausedUntil = 0;

  constructor(redis: RedisConfig, @Inject(Installation) installation: Installation | null) {
    const { url } = redis;
    this.ownClaim = installation && new RedisClaim(installation);
    this.client = url === null || installation === null ? null : this.connect(url);
  }

  /**
   * Limits and versions are shared from the first request on, if Redis answers; else the start goes on without it.
   *
   * @throws RedisUnusable when it answers and must not be used
   */
  async onModuleInit(): Promise<void> {
    if (!this.client) return;
    const startedAt = performance.now();
    // One that answers is waited for until it is known whether it may be used.
    const patience = () => (this.client?.status === 'ready' ? CHECK_WITHIN : CONNECT_WITHIN);
    while (!this.isUsable && performance.now() - startedAt < patience()) {
      if (this.refusal) throw this.refusal;
      await delay(10);
    }
  }

  get isConfigured(): boolean {
    return this.client !== null;
  }

  /** Whether commands are sent to it now. */
  get isUp(): boolean {
    return this.isUsable;
  }

  get claim(): RedisClaim {
    if (!this.ownClaim) throw new Error('No Redis is configured');
    return this.ownClaim;
  }

  /** Resolves once a connection has been found to be good; at once without Redis. */
  async whenUsable(): Promise<void> {
    if (this.client) await this.usable.promise;
  }

  /** Runs `command`; null when Redis is not configured, away or hung, or paused, unless that is to be ignored. */
  async try<T>(command: (client: Redis) => Promise<T>, evenPaused = false): Promise<T | null> {
    if (!this.client || (!evenPaused && performance.now() < this.pausedUntil)) return null;
    if (!this.isUsable) return null;
    try {
      return await within(COMMAND_TIMEOUT, command(this.client));
    } catch (error) {
      this.pausedUntil = performance.now() + PAUSE;
      this.logger.warn(`A Redis command failed: ${error instanceof Error ? error.message : String(error)}`);
      const refusal = asUnusable(error);
      if (refusal) this.doubt(refusal);
      return null;
    }
  }

  /** Waits, if the connection is being made anew because its server was demoted, until it is there, but not for long. */
  async settled(): Promise<void> {
    const deadline = performance.now() + MOVE_WITHIN;
    while (this.hasMoved && !this.isUsable && performance.now() < deadline) await delay(5);
  }

  /** Whether what is written now would be kept: the queues need that. */
  async canWrite(): Promise<boolean> {
    const key = `${this.claim.prefix}health`;
    return (await this.try((client) => client.set(key, '1', 'PX', 10_000), true)) === 'OK';
  }

  onApplicationShutdown(): void {
    this.isClosed = true;
    this.client?.disconnect();
  }

  private connect(url: string): Redis {
    const client = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      // Sent again after a reconnect, a version that has been overtaken meanwhile would come back.
      autoResendUnfulfilledCommands: false,
      connectTimeout: 2_000,
      retryStrategy: (attempt) => (attempt === 1 ? 20 : Math.min(attempt * 100, 2_000)),
      reconnectOnError: (error) => isMoved(error) && (this.hasMoved = true),
    });
    client.on('ready', () => void this.check(client));
    client.on('close', () => (this.isUsable = false));
    client.on('error', (error: Error) => {
      const refusal = asUnusable(error);
      if (refusal) this.refuse(refusal);
      else this.sayAway(error);
    });
    return client;
  }

  /** Again and again on this connection until it is good; a new one is checked anew. */
  private async check(client: Redis): Promise<void> {
    if (this.isClosed || client.status !== 'ready') return;
    try {
      await within(CHECK_WITHIN, this.claim.assert(client));
      this.refusal = null;
      this.hasMoved = false;
      this.isUsable = true;
      this.usable.resolve();
    } catch (error) {
      const refusal = asUnusable(error);
      if (refusal) this.refuse(refusal);
      else this.sayAway(error as Error);
      setTimeout(() => void this.check(client), CHECK_AGAIN).unref();
    }
  }

  private refuse(refusal: RedisUnusable): void {
    this.refusal = refusal;
    this.sayUnusable(refusal);
  }

  /** Somebody else's keys were found: nothing is asked until it is known that they are ours again. */
  private doubt(refusal: RedisUnusable): void {
    this.refuse(refusal);
    this.isUsable = false;
    if (this.client) void this.check(this.client);
  }
}
