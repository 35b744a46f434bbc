import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HttpConfig } from '../platform/http/http.config.js';
import { RedisConnection } from '../platform/redis/redis.js';
import { HealthCheckService, type HealthCheckResult, type HealthIndicatorResult } from '@nestjs/terminus';
import { DatabaseHealth } from './database.health.js';

/** A probe is asked often; the database is asked at most this often. Milliseconds. */
const KEEP = 1_000;

const UP: HealthCheckResult = { status: 'ok', info: {}, error: {}, details: {} };

@Injectable()
export class HealthService implements BeforeApplicationShutdown {
  private last: { readonly at: number; readonly result: Promise<HealthCheckResult> } | undefined;
  private started = false;
  private stopping = false;

  constructor(
    private readonly checks: HealthCheckService,
    private readonly database: DatabaseHealth,
    private readonly http: HttpConfig,
    private readonly redis: RedisConnection,
  ) {}

  live(): HealthCheckResult {
    return UP;
  }

  /** Kept for a second and shared by callers that come at once, so that probes cannot load the database. */
  ready(): Promise<HealthCheckResult> {
    if (this.stopping) return Promise.resolve({ ...UP, status: 'shutting_down' });
    const now = performance.now();
    if (!this.last || now - this.last.at > KEEP) this.last = { at: now, result: this.ask() };
    return this.last.result;
  }

  /** As ready, until it has been ready once. */
  async startup(): Promise<HealthCheckResult> {
    if (this.started) return UP;
    const result = await this.ready();
    this.started = result.status === 'ok';
    return result;
  }

  /** Not ready from now on; still served for a while, until whoever sends requests here has noticed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await delay(this.http.shutdownDelay * 1000);
  }

  private async ask(): Promise<HealthCheckResult> {
    const [result, queues] = await Promise.all([this.askDatabase(), this.askQueues()]);
    return queues ? { ...result, ...withQueues(result, queues) } : result;
  }

  /** Nothing where jobs are in the database: they go and come with it. */
  private async askQueues(): Promise<HealthIndicatorResult | null> {
    if (!this.redis.isConfigured) return null;
    return { queues: { status: (await this.redis.canWrite()) ? 'up' : 'down' } };
  }

  private async askDatabase(): Promise<HealthCheckResult> {
    try {
      return await this.checks.check([() => this.database.check()]);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return withoutReasons(error.getResponse() as HealthCheckResult);
    }
  }
}

/**
 * That Redis is away is told and makes nobody unready: requests are answered, what follows from them waits in the outbox,
 * and every instance would be as unready as this one.
 */
function withQueues(result: HealthCheckResult, queues: HealthIndicatorResult): Partial<HealthCheckResult> {
  const [into, others] =
    queues.queues?.status === 'up' ? (['info', 'error'] as const) : (['error', 'info'] as const);
  return {
    [into]: { ...result[into], ...queues },
    [others]: result[others],
    details: { ...result.details, ...queues },
  };
}

/** Reasons name hosts and drivers: they are for the log, not for whoever asks. */
function withoutReasons(result: HealthCheckResult): HealthCheckResult {
  const down = Object.fromEntries(
    Object.entries(result.details).map(([name, { status }]) => [name, { status }]),
  );
  return { ...result, error: down, details: down };
}
