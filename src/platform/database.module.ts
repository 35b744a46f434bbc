import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuditLog } from './audit/audit-log.js';
import { DatabaseClock } from './database/database-clock.js';
import { Transactions } from './database/transactions.js';
import { ChangeLog } from './events/change-log.js';
import { EventBus } from './events/event-bus.js';
import { Inbox } from './events/inbox.js';
import { OutboxSignal } from './outbox/outbox-signal.js';
import { Subscriptions } from './events/subscriptions.js';
import { OutboxReadings } from './outbox-readings.js';
import { OutboxBacklogRepository } from './outbox/outbox-backlog.repository.js';
import { Outbox } from './outbox/outbox.js';
import { IdempotencyKeys } from './idempotency/idempotency-keys.js';
import { Handlers } from './jobs/handlers.js';
import { Jobs } from './jobs/jobs.js';
import { Schedule } from './schedule/schedule.js';
import { Challenges } from './otp/challenges.js';
import { CodeIssuer } from './otp/code-issuer.js';
import { CodeProof } from './otp/code-proof.js';
import { CodesRepository } from './otp/codes.repository.js';
import { ThrottleRepository } from './throttle/throttle.repository.js';

const changes = [Transactions, AuditLog, Outbox, OutboxSignal, EventBus, ChangeLog, Inbox];
const background = [Handlers, Jobs, Subscriptions, Schedule, DatabaseClock];
const counted = [ThrottleRepository, Challenges, CodeIssuer, CodeProof, CodesRepository, IdempotencyKeys];
const services = [...changes, ...background, ...counted];

/** What is kept in the database of the process, to be had everywhere. The data source comes in connected. */
@Module({})
export class DatabaseModule {
  static register(dataSource: DataSource): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: async () => dataSource,
        }),
      ],
      providers: [...services, OutboxBacklogRepository, OutboxReadings],
      exports: services,
    };
  }
}
