import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { EventBus } from '../../platform/events/event-bus.js';
import type { DomainEvent } from '../../platform/events/outbox.js';
import { type Version, VersionStore } from '../../platform/redis/version-store.js';
import { PrincipalReader } from './principal-reader.js';
import { ENDED_SESSION, roleKey, sessionKey, userKey } from './version-keys.js';

/** Tries before the change is answered; one may time out because this process was busy, not Redis. */
const PATIENCE = 3;
const RETRY_PAUSE = 200;
/** Versions that could not be published have left Redis by then, and everybody reads Postgres. Milliseconds. */
const GIVE_UP_AFTER = 60_000;

/** Publishes the versions a change has made, after its commit and before the change is answered. */
@Injectable()
export class RevocationPublisher implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RevocationPublisher.name);
  private readonly stopped = new AbortController();

  constructor(
    private readonly bus: EventBus,
    private readonly reader: PrincipalReader,
    private readonly versions: VersionStore,
  ) {}

  onModuleInit(): void {
    if (this.versions.isShared) this.bus.subscribe((event) => this.handle(event));
  }

  onApplicationShutdown(): void {
    this.stopped.abort();
  }

  private async handle(event: DomainEvent): Promise<void> {
    for (let attempt = 0; attempt < PATIENCE; attempt += 1) if (await this.publish(event)) return;
    // The change stands and is answered; other instances may take up to a minute to see it.
    this.logger.error(`The versions after ${event.type} could not be published to Redis; trying again`);
    void this.retry(event);
  }

  private async publish(event: DomainEvent): Promise<boolean> {
    try {
      const versions = await this.versionsAfter(event);
      return versions.length === 0 || (await this.versions.publish(versions));
    } catch (error) {
      this.logger.warn('The versions after a change could not be read', error);
      return false;
    }
  }

  private async versionsAfter(event: DomainEvent): Promise<Version[]> {
    const { id } = event.aggregate;
    const [noun = ''] = event.type.split('.');
    switch (noun) {
      case 'session':
        return (event.payload.sessionIds as number[]).map((sessionId) => ({
          key: sessionKey(sessionId),
          version: ENDED_SESSION,
        }));
      case 'user':
        return one(userKey(id), await this.reader.userVersion(id));
      case 'role':
        return one(roleKey(id), await this.reader.roleVersion(id));
      case 'privilege': {
        const roles = await this.reader.roleVersionsOf(id);
        return roles.map(({ roleId, version }) => ({ key: roleKey(roleId), version }));
      }
      default:
        return [];
    }
  }

  private async retry(event: DomainEvent): Promise<void> {
    const { signal } = this.stopped;
    const deadline = performance.now() + GIVE_UP_AFTER;
    while (performance.now() < deadline && !signal.aborted) {
      await delay(RETRY_PAUSE, undefined, { signal, ref: false }).catch(() => undefined);
      if (await this.publish(event)) return;
    }
  }
}

function one(key: string, version: number | null): Version[] {
  return version === null ? [] : [{ key, version }];
}
