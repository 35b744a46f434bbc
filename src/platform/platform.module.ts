import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config/config.js';
import { CursorCodec } from './http/cursor.js';
import { Paging } from './http/list.query.js';
import { Installation } from './installation/installation.js';
import { PlatformReadings } from './platform-readings.js';
import { MailModule } from './mail.module.js';
import { HostResolver } from './outbound/host-resolver.js';
import { OutboundHttp } from './outbound/outbound-http.js';
import { OutboundRules } from './outbound/outbound-rules.js';
import { RateLimitStorage } from './rate-limit/rate-limit.storage.js';
import { RedisConnection } from './redis/redis.js';
import { VersionStore } from './redis/version-store.js';
import { HashingQueue } from './security/hashing-queue.js';
import { PasswordHasher } from './security/password-hasher.js';

const secrets = [HashingQueue, PasswordHasher, CursorCodec, Paging];
const shared = [RedisConnection, RateLimitStorage, VersionStore];
const outbound = [OutboundRules, HostResolver, OutboundHttp];
const services = [...secrets, ...shared, ...outbound];

/** Technology without product words and without a database, to be had everywhere; the settings among it. */
@Module({})
export class PlatformModule {
  static register(config: Config, installation: Installation | null): DynamicModule {
    const settings = config.sections().map(([provide, useValue]) => ({ provide, useValue }));
    return {
      module: PlatformModule,
      global: true,
      imports: [MailModule.register(config)],
      providers: [
        ...settings,
        { provide: Installation, useValue: installation },
        ...services,
        PlatformReadings,
      ],
      exports: [...settings.map(({ provide }) => provide), Installation, ...services],
    };
  }
}
