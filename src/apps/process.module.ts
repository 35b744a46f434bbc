import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { AccessAudit } from '../access/access-audit.js';
import { AccessGuard } from '../access/access.guard.js';
import type { FeatureModule, ProcessFacts } from '../access/feature.js';
import type { Config } from '../platform/config/config.js';
import { RedisConfig } from '../platform/redis/redis.config.js';
import { BrokerConfig } from '../platform/broker/broker.config.js';
import { ProcessConfig } from '../platform/config/process.config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { urlOf } from '../platform/database/data-source.js';
import { readInstallation } from '../platform/installation/installation.repository.js';
import { WorkerModule } from '../platform/worker.module.js';
import { DatabaseModule } from '../platform/database.module.js';
import { PlatformModule } from '../platform/platform.module.js';
import { RateLimitGuard } from '../platform/rate-limit/rate-limit.guard.js';
import { RateLimitModule } from '../platform/rate-limit/rate-limit.module.js';
import type { ProcessDefinition } from './process.js';

/** The features of a process on the platform; without the background where WORKER=off. */
@Module({})
export class ProcessModule {
  static async register(
    definition: ProcessDefinition,
    config: Config,
    dataSource: DataSource,
  ): Promise<DynamicModule> {
    const isSharing = config.get(RedisConfig).url !== null || config.get(BrokerConfig).url !== null;
    const installation = isSharing ? await readInstallation(dataSource) : null;
    return {
      module: ProcessModule,
      imports: [
        PlatformModule.register(config, installation),
        DatabaseModule.register(dataSource),
        ...(config.get(ProcessConfig).isWorker
          ? [
              WorkerModule.register(
                config,
                config.get(DatabaseConfig).directUrl ?? urlOf(dataSource),
                installation,
                definition.queues,
              ),
            ]
          : []),
        RateLimitModule,
        ...modulesOf(definition, config),
      ],
      // In this order: how often, who, may they.
      providers: [
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: AccessGuard },
        AccessAudit,
      ],
    };
  }
}

function modulesOf({ features, privileges, events }: ProcessDefinition, config: Config): FeatureModule[] {
  const facts: ProcessFacts = {
    privileges,
    events,
    isProduction: config.get(ProcessConfig).environment === 'production',
  };
  return features.map(({ module }) => module(facts));
}
