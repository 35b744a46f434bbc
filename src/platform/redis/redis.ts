import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '../config/config.js';

/** The most a command may take. Redis only makes things faster: what waits longer goes to Postgres instead. */
const COMMAND_TIMEOUT = 50;
/** How long a start waits for the connection. Milliseconds. */
const CONNECT_WITHIN = 1_000;
/** After a failure nobody asks again for this long. */
const PAUSE = 1_000;

/**
 * The connection to Redis, if one is configured. A command that fails or hangs answers null within 50 ms, and for a
 * second after it nothing is asked: an outage costs a request at most that once.
 */
@Injectable()
export class RedisConnection implements OnApplicationShutdown, OnModuleInit {
  private readonly logger = new Logger('Redis');
  private readonly client: Redis | null;
  private pausedUntil = 0;

  constructor(config: Config) {
    const { url } = config.redis;
    this.client =
      url === null
        ? null
        : new Redis(url, {
            enableOfflineQueue: false,
            maxRetriesPerRequest: 1,
            // Sent again after a reconnect, a version that has been overtaken meanwhile would come back.
            autoResendUnfulfilledCommands: false,
            connectTimeout: 2_000,
            retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
          });
    this.client?.on('error', (error: Error) =>
      this.logger.warn(`Redis is away: ${error.message || error.name}`),
    );
  }

  /** Limits and versions are shared from the first request on, if Redis answers; else the start goes on without it. */
  async onModuleInit(): Promise<void> {
    const { client } = this;
    if (!client || client.status === 'ready') return;
    const isThere = once(client, 'ready').catch(() => undefined);
    await Promise.race([isThere, delay(CONNECT_WITHIN, undefined, { ref: false })]);
  }

  get isConfigured(): boolean {
    return this.client !== null;
  }

  /** Runs `command`; null when Redis is not configured, away or hung, or paused, unless that is to be ignored. */
  async try<T>(command: (client: Redis) => Promise<T>, evenPaused = false): Promise<T | null> {
    if (!this.client || (!evenPaused && performance.now() < this.pausedUntil)) return null;
    try {
      return await within(COMMAND_TIMEOUT, command(this.client));
    } catch (error) {
      this.pausedUntil = performance.now() + PAUSE;
      this.logger.warn(`A Redis command failed: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

/**
 * As `result`, but rejects after so many milliseconds. When this process itself was busy for that long, an answer that
 * has arrived meanwhile is read first: sockets are read between timers and immediates.
 */
function within<T>(milliseconds: number, result: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer within ${milliseconds} ms`));
    const timer = setTimeout(() => setImmediate(giveUp), milliseconds);
    result.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
