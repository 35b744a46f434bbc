import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { EventBus } from '../../platform/events/event-bus.js';
import { Subscriptions } from '../../platform/events/subscriptions.js';
import { type Version, VersionStore } from '../../platform/redis/version-store.js';
import { type IdVersion, PrincipalReader } from './principal-reader.js';
import { ENDED_SESSION, roleKey, sessionKey, userKey } from './version-keys.js';
import { lag, unpublished } from './revocation.metrics.js';

/** Tries before the change is answered; one may time out because this process was busy, not Redis. */
const PATIENCE = 3;
const RETRY_PAUSE = 200;
/** Versions that could not be published have left Redis by then, and everybody reads Postgres. Milliseconds. */
const GIVE_UP_AFTER = 60_000;

/** What there is to publish after an event. */
interface Change {
  readonly noun: string;
  readonly id: number;
  readonly sessionIds: readonly number[];
}

/**
 * Publishes the versions a change has made: here, after its commit and before the change is answered; and once more where
 * its event is taken from the outbox. The second is for changes whose process could not reach Redis, or died: another one
 * publishes them within a second or so.
 */
@Injectable()
export class RevocationPublisher implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RevocationPublisher.name);
  private readonly stopped = new AbortController();
  private unpublished = 0;
  private forget: () => void = () => undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly subscriptions: Subscriptions,
    private readonly reader: PrincipalReader,
    private readonly versions: VersionStore,
  ) {}

  onModuleInit(): void {
    this.forget = unpublished.read(() => [[{}, this.unpublished]]);
    if (!this.versions.isShared) return;
    this.bus.subscribe(({ type, aggregate, payload }) =>
      this.onChange(changeOf(type, aggregate.id, payload)),
    );
    this.subscriptions.beforeAll((events) =>
      this.onRelay(events.map(({ type, aggregate, data }) => changeOf(type, Number(aggregate.id), data))),
    );
  }

  onApplicationShutdown(): void {
    this.stopped.abort();
    this.forget();
  }

  private async onChange(change: Change): Promise<void> {
    const begin = performance.now();
    if (await this.publishPatiently([change])) return this.noteLag(begin);
    // The change stands and is answered; whoever relays its event publishes it, or a try below.
    this.logger.error(
      `The versions after a change of a ${change.noun} could not be published to Redis; trying again`,
    );
    void this.retry(change, begin);
  }

  private noteLag(since: number): void {
    lag.observe((performance.now() - since) / 1_000);
  }

  private async onRelay(changes: readonly Change[]): Promise<void> {
    if (await this.publishPatiently(changes)) return;
    throw new Error('versions could not be published to Redis');
  }

  private async publishPatiently(changes: readonly Change[]): Promise<boolean> {
    for (let attempt = 0; attempt < PATIENCE; attempt += 1) {
      if (await this.publish(changes)) return true;
      await this.versions.settled();
    }
    return false;
  }

  private async publish(changes: readonly Change[]): Promise<boolean> {
    try {
      const versions = await this.versionsAfter(changes);
      return versions.length === 0 || (await this.versions.publish(versions));
    } catch (error) {
      this.logger.warn('The versions after a change could not be read', error);
      return false;
    }
  }

  private async versionsAfter(changes: readonly Change[]): Promise<Version[]> {
    const {
      session = [],
      user = [],
      role = [],
      privilege = [],
    } = Object.groupBy(changes, ({ noun }) => noun);
    const sessions = session.flatMap(({ sessionIds }) => sessionIds);
    return [
      ...sessions.map((id) => ({ key: sessionKey(id), version: ENDED_SESSION })),
      ...(await read(user, (ids) => this.reader.userVersions(ids), userKey)),
      ...(await read(role, (ids) => this.reader.roleVersions(ids), roleKey)),
      ...(await read(privilege, (ids) => this.reader.roleVersionsOf(ids), roleKey)),
    ];
  }

  private async retry(change: Change, since: number): Promise<void> {
    this.unpublished += 1;
    if (await this.isPublishedLater(change)) this.noteLag(since);
    this.unpublished -= 1;
  }

  private async isPublishedLater(change: Change): Promise<boolean> {
    const { signal } = this.stopped;
    const deadline = performance.now() + GIVE_UP_AFTER;
    while (performance.now() < deadline && !signal.aborted) {
      await delay(RETRY_PAUSE, undefined, { signal, ref: false }).catch(() => undefined);
      if (await this.publish([change])) return true;
    }
    return false;
  }
}

function changeOf(type: string, id: number, payload: Readonly<Record<string, unknown>>): Change {
  const [noun = ''] = type.split('.');
  return { noun, id, sessionIds: noun === 'session' ? (payload.sessionIds as number[]) : [] };
}

async function read(
  changes: readonly Change[],
  versionsOf: (ids: readonly number[]) => Promise<readonly IdVersion[]>,
  keyOf: (id: number) => string,
): Promise<Version[]> {
  if (changes.length === 0) return [];
  const found = await versionsOf([...new Set(changes.map(({ id }) => id))]);
  return found.map(({ id, version }) => ({ key: keyOf(id), version }));
}
