import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { dependencies } from './metrics/dependencies.js';
import { gauge } from './metrics/instruments.js';
import { RedisConnection } from './redis/redis.js';
import { HashingQueue } from './security/hashing-queue.js';

const hashing = gauge(
  'gatehouse_hashing_requests',
  'Requests in the queue of the hashing, by lane and whether they are hashed or wait',
  ['lane', 'state'],
);
const places = gauge('gatehouse_hashing_places', 'Requests the queue of the hashing has room for', ['lane']);

/** Tells metrics how full the queue of the hashing is, and whether Redis is there. */
@Injectable()
export class PlatformReadings implements OnModuleInit, OnApplicationShutdown {
  private readonly forget: (() => void)[] = [];

  constructor(
    private readonly queue: HashingQueue,
    private readonly redis: RedisConnection,
  ) {}

  onModuleInit(): void {
    this.forget.push(
      places.read(() => this.queue.levels().map((level) => [{ lane: level.lane }, level.places] as const)),
      hashing.read(() =>
        this.queue
          .levels()
          .flatMap(({ lane, running, waiting }) => [
            [{ lane, state: 'running' }, running] as const,
            [{ lane, state: 'waiting' }, waiting] as const,
          ]),
      ),
    );
    if (this.redis.isConfigured)
      this.forget.push(dependencies.read(() => [[{ dependency: 'redis' }, Number(this.redis.isUp)]]));
  }

  onApplicationShutdown(): void {
    for (const forget of this.forget) forget();
  }
}
