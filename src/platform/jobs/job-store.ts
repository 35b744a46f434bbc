import { Logger } from '@nestjs/common';
import {
  type ConnectionOptions,
  type JobsOptions,
  Queue,
  type QueueOptions,
  setDefaultBackendFactory,
} from 'bullmq';
import type { Pool } from 'pg';
import type { Config } from '../config/config.js';
import { DatabaseConfig } from '../database/database.config.js';
import { RedisConfig } from '../redis/redis.config.js';
import { JobsConfig } from './jobs.config.js';
import { poolOptions } from '../database/connections.js';
import { FailoverPool } from '../database/failover-pool.js';
import { onceInAWhile } from '../logging/once-in-a-while.js';
import { isMoved } from '../redis/redis.js';
import { jobBackend } from './job-backend.js';

/** The schema of BullMQ's own tables. */
export const JOB_SCHEMA = 'bullmq';
/**
 * Seconds a finished job is remembered: its repeat does nothing. Repeats come from a relay that died in between, moments
 * later; what must never be done twice has an inbox.
 */
export const REMEMBERED = 600;
/** Redis keeps them in memory: no more than so many. */
const REMEMBERED_IN_REDIS = 10_000;
/** A connection to Redis that answers nothing for this long is given up; what was asked is asked once more. Milliseconds. */
const SILENCE = 5_000;
const DEAD_LETTERS_KEPT = 30 * 86_400;

// Queues and workers that Nest makes take the backend from here.
setDefaultBackendFactory(jobBackend);

/**
 * Where jobs are kept: in Postgres, beside what they are about, or in Redis when one is configured. Redis is faster,
 * and what waits in it is gone when its data is: run it with persistence (see docs/operations.md).
 */
export class JobStore {
  /** For workers: they wait for a store that is away. */
  readonly options: QueueOptions;
  /** For producers: they hear at once that it is away. */
  private readonly queueOptions: QueueOptions;
  private readonly pool: Pool | null;
  private readonly logger = new Logger('Jobs');
  private isClosed = false;

  /** Without `installation` (its id) for jobs in Postgres only: there they are beside what they are about. */
  constructor(config: Config, databaseUrl: string, installation = '') {
    const { url } = config.get(RedisConfig);
    if (url !== null && installation === '') throw new Error('Jobs in Redis need the id of the installation');
    this.pool = url === null ? this.openPool(databaseUrl, config.get(DatabaseConfig).connections.jobs) : null;
    this.options = {
      connection: connectionOf(this.pool ?? { url, maxRetriesPerRequest: null, reconnectOnError }),
      prefix: `gatehouse:${installation}:jobs`,
      defaultJobOptions: {
        ...retrying(config.get(JobsConfig).attempts),
        removeOnComplete: this.pool ? false : { age: REMEMBERED, count: REMEMBERED_IN_REDIS },
      },
    };
    this.queueOptions = this.pool
      ? this.options
      : {
          ...this.options,
          connection: connectionOf({
            url,
            maxRetriesPerRequest: 1,
            enableOfflineQueue: false,
            socketTimeout: SILENCE,
            reconnectOnError,
            // Else one that was away when it was closed would try for good.
            retryStrategy: (attempt: number) => (this.isClosed ? null : Math.min(attempt * 100, 2_000)),
          }),
        };
  }

  openQueue(name: string): Queue {
    const queue = new Queue(name, this.queueOptions);
    queue.on(
      'error',
      onceInAWhile((error: Error) => this.logger.warn(`The queue ${name} is away: ${error.message}`)),
    );
    return queue;
  }

  /** To be called when every queue and worker has been closed. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.pool?.end();
  }

  private openPool(databaseUrl: string, connections: number): Pool {
    const pool = new FailoverPool({
      connectionString: databaseUrl,
      ...poolOptions('jobs', Math.max(connections, 1)),
    });
    // A client that somebody holds and nobody listens to would end the process when its connection is lost. Whoever holds it
    // hears of that by the query that fails.
    pool.on('connect', (client) => client.on('error', () => undefined));
    pool.on(
      'error',
      onceInAWhile((error: Error) =>
        this.logger.warn(`A connection of the queues was lost: ${error.message}`),
      ),
    );
    return pool;
  }
}

/** Of a replica: to the primary, which is at the same address by now, and asked there again, for nothing was done. */
const reconnectOnError = (error: Error) => (isMoved(error) ? 2 : false);

/** BullMQ types the connections of Redis only; its Postgres backend takes a pool. */
function connectionOf(connection: object): ConnectionOptions {
  return connection;
}

/** Tries again after about 1, 2, 4 … seconds, at most half off at random: twelve tries take 17 to 34 minutes. */
function retrying(attempts: number): JobsOptions {
  return {
    attempts,
    backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
    removeOnFail: { age: DEAD_LETTERS_KEPT },
  };
}
