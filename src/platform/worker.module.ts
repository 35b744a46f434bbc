import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { BrokerRelay } from './broker/broker-relay.js';
import { BrokerConfig } from './broker/broker.config.js';
import type { Config } from './config/config.js';
import { OutboxListener } from './outbox/outbox-listener.js';
import { OutboxRelay } from './events/outbox-relay.js';
import { OutboxRepository } from './outbox/outbox.repository.js';
import { RelayLoops } from './outbox/relay-loops.js';
import { OutboxRetention } from './events/outbox-retention.js';
import type { Installation } from './installation/installation.js';
import { FinishedJobs } from './jobs/finished-jobs.js';
import { JobReadings } from './jobs/job-readings.js';
import { JobQueues } from './jobs/job-queues.js';
import { JobStore } from './jobs/job-store.js';
import { queueWorkers } from './jobs/queue-worker.js';
import type { QueueDefinition } from './jobs/queues.js';
import { WORKER_HOSTS, Workers } from './jobs/workers.js';

/** The background: the relay of the outbox, the workers and their schedules. */
@Module({})
export class WorkerModule {
  static register(
    config: Config,
    databaseUrl: string,
    installation: Installation | null,
    queues: readonly QueueDefinition[],
  ): DynamicModule {
    const workers = queueWorkers(queues);
    const store = new JobStore(config, databaseUrl, installation?.id);
    return {
      module: WorkerModule,
      imports: [
        BullModule.forRoot({ ...store.options, extraOptions: { manualRegistration: true } }),
        // Brings the registrar of the workers; the queues are JobQueues'.
        BullModule.registerQueue(),
      ],
      providers: [
        { provide: JobQueues, useFactory: () => new JobQueues(store, queues) },
        ...workers,
        {
          provide: WORKER_HOSTS,
          useFactory: (...hosts: InstanceType<Type>[]) => hosts,
          inject: [...workers],
        },
        OutboxRepository,
        { provide: OutboxListener, useFactory: () => new OutboxListener(databaseUrl) },
        RelayLoops,
        OutboxRelay,
        ...brokerRelay(config.get(BrokerConfig).url),
        OutboxRetention,
        FinishedJobs,
        JobReadings,
        Workers,
      ],
      exports: [JobQueues, OutboxRepository, OutboxListener],
    };
  }
}

function brokerRelay(url: string | null): Provider[] {
  if (url === null) return [];
  return [
    {
      provide: BrokerRelay,
      useFactory: (loops: RelayLoops) => new BrokerRelay(url, loops),
      inject: [RelayLoops],
    },
  ];
}
