import { ServiceUnavailableException } from '@nestjs/common';
import type { HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { platformConfig } from '../../test/support/environment.js';
import { HttpConfig } from '../platform/http/http.config.js';
import type { RedisConnection } from '../platform/redis/redis.js';
import type { DatabaseHealth } from './database.health.js';
import { HealthService } from './health.service.js';

const DATABASE_UP: HealthCheckResult = {
  status: 'ok',
  info: { database: { status: 'up' } },
  error: {},
  details: { database: { status: 'up' } },
};
const REASON = { database: { status: 'down' as const, message: 'connect ECONNREFUSED 10.0.0.7:5432' } };
const DATABASE_DOWN: HealthCheckResult = { status: 'error', info: {}, error: REASON, details: REASON };

const check = jest.fn<Promise<HealthCheckResult>, []>();
let service: HealthService;

beforeEach(() => {
  jest.useFakeTimers();
  check.mockReset().mockResolvedValue(DATABASE_UP);
  service = new HealthService(
    { check } as unknown as HealthCheckService,
    {} as DatabaseHealth,
    platformConfig({ SHUTDOWN_DELAY: '0' }).get(HttpConfig),
    { isConfigured: false } as RedisConnection,
  );
});
afterEach(() => jest.useRealTimers());

const down = () => check.mockRejectedValue(new ServiceUnavailableException(DATABASE_DOWN));

describe('liveness', () => {
  it('touches no dependency, even when all are down', () => {
    down();
    expect(service.live()).toEqual({ status: 'ok', info: {}, error: {}, details: {} });
    expect(check).not.toHaveBeenCalled();
  });

  it('stays while the service stops', () => {
    void service.beforeApplicationShutdown();
    expect(service.live().status).toBe('ok');
  });
});

describe('R28: readiness', () => {
  it('asks the database once for all who ask at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 2_000 }, () => service.ready()));
    expect(new Set(results)).toEqual(new Set([DATABASE_UP]));
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('asks at most once a second', async () => {
    await service.ready();
    jest.advanceTimersByTime(1_000);
    await service.ready();
    expect(check).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1);
    await service.ready();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('asks at most once a second while the database is down', async () => {
    down();
    for (let time = 0; time < 10; time += 1) {
      expect((await service.ready()).status).toBe('error');
      jest.advanceTimersByTime(100);
    }
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('returns with the database', async () => {
    down();
    expect((await service.ready()).status).toBe('error');
    check.mockResolvedValue(DATABASE_UP);
    jest.advanceTimersByTime(1_001);
    expect(await service.ready()).toEqual(DATABASE_UP);
  });

  it('S84: says what is down, not where it is or why', async () => {
    down();
    expect(await service.ready()).toEqual({
      status: 'error',
      info: {},
      error: { database: { status: 'down' } },
      details: { database: { status: 'down' } },
    });
  });

  it('ends at once when the service stops', async () => {
    await service.ready();
    void service.beforeApplicationShutdown();
    expect((await service.ready()).status).toBe('shutting_down');
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('does not hide a fault of its own', async () => {
    check.mockRejectedValue(new TypeError('a fault'));
    await expect(service.ready()).rejects.toThrow('a fault');
  });
});

describe('startup', () => {
  it('is over with the first readiness and stays over', async () => {
    down();
    expect((await service.startup()).status).toBe('error');
    check.mockResolvedValue(DATABASE_UP);
    jest.advanceTimersByTime(1_001);
    expect((await service.startup()).status).toBe('ok');
    down();
    jest.advanceTimersByTime(1_001);
    expect((await service.startup()).status).toBe('ok');
    expect(check).toHaveBeenCalledTimes(2);
  });
});
