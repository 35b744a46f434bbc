import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuditLog } from './audit/audit-log.js';
import type { Config } from './config/config.js';
import { DatabaseClock } from './database/database-clock.js';
import { Transactions } from './database/transactions.js';
import { ChangeLog } from './events/change-log.js';
import { EventBus } from './events/event-bus.js';
import { Inbox } from './events/inbox.js';
import { OutboxSignal } from './outbox/outbox-signal.js';
import { Subscriptions } from './events/subscriptions.js';
import { Outbox } from './outbox/outbox.js';
import { CursorCodec } from './http/cursor.js';
import { Paging } from './http/list.query.js';
import { IdempotencyKeys } from './idempotency/idempotency-keys.js';
import { Installation } from './installation/installation.js';
import { Handlers } from './jobs/handlers.js';
import { Jobs } from './jobs/jobs.js';
import { Schedule } from './schedule/schedule.js';
import { MailModule } from './mail.module.js';
import { HostResolver } from './outbound/host-resolver.js';
import { OutboundHttp } from './outbound/outbound-http.js';
import { OutboundRules } from './outbound/outbound-rules.js';
import { RateLimitStorage } from './rate-limit/rate-limit.storage.js';
import { RedisConnection } from './redis/redis.js';
import { VersionStore } from './redis/version-store.js';
import { HashingQueue } from './security/hashing-queue.js';
import { PasswordHasher } from './security/password-hasher.js';
import { Challenges } from './otp/challenges.js';
import { CodesRepository } from './otp/codes.repository.js';
import { OneTimeCodes } from './otp/one-time-codes.js';
import { ThrottleRepository } from './throttle/throttle.repository.js';

const changes = [Transactions, AuditLog, Outbox, OutboxSignal, EventBus, ChangeLog, Inbox];
const background = [Handlers, Jobs, Subscriptions, Schedule, DatabaseClock];
const secrets = [HashingQueue, PasswordHasher, CursorCodec, Paging];
const counted = [ThrottleRepository, Challenges, OneTimeCodes, CodesRepository];
const shared = [RedisConnection, RateLimitStorage, VersionStore, IdempotencyKeys];
const outbound = [OutboundRules, HostResolver, OutboundHttp];
const services = [...changes, ...background, ...secrets, ...counted, ...shared, ...outbound];

/** Technology without product words, to be had everywhere. The data source comes in connected. */
@Module({})
export class PlatformModule {
  static register(config: Config, dataSource: DataSource, installation: Installation | null): DynamicModule {
    const settings = config.sections().map(([provide, useValue]) => ({ provide, useValue }));
    return {
      module: PlatformModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: async () => dataSource,
        }),
        MailModule.register(config),
      ],
      providers: [...settings, { provide: Installation, useValue: installation }, ...services],
      exports: [...settings.map(({ provide }) => provide), Installation, ...services],
    };
  }
}
