import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { BrokerConfig } from './broker/broker.config.js';
import { Reading } from './metrics/reading.js';
import { type Backlog, OutboxBacklogRepository } from './outbox/outbox-backlog.repository.js';
import { oldest, pending } from './outbox/outbox.metrics.js';
import type { Destination } from './outbox/outbox.repository.js';

/**
 * Tells metrics how much waits in the outbox, and for how long. Every process does, those without a relay too: that none
 * runs is seen nowhere else.
 */
@Injectable()
export class OutboxReadings implements OnModuleInit, OnApplicationShutdown {
  private readonly readings: readonly {
    readonly destination: Destination;
    readonly reading: Reading<Backlog>;
  }[];
  private readonly forget: (() => void)[] = [];

  constructor(backlogs: OutboxBacklogRepository, broker: BrokerConfig) {
    // Without a broker nobody takes what would go there.
    const destinations: readonly Destination[] = broker.url === null ? ['queues'] : ['queues', 'broker'];
    this.readings = destinations.map((destination) => ({
      destination,
      reading: new Reading(`outbox_${destination}`, () => backlogs.of(destination)),
    }));
  }

  onModuleInit(): void {
    this.forget.push(
      pending.read(() => this.told((backlog) => backlog.pending)),
      oldest.read(() => this.told((backlog) => backlog.oldest)),
    );
  }

  onApplicationShutdown(): void {
    for (const forget of this.forget) forget();
  }

  private async told(value: (backlog: Backlog) => number) {
    const told = this.readings.map(async ({ destination, reading }) => {
      const backlog = await reading.current();
      return backlog ? [[{ destination }, value(backlog)] as const] : [];
    });
    return (await Promise.all(told)).flat();
  }
}
