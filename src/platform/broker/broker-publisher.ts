import { Logger } from '@nestjs/common';
import type { Options } from 'amqplib';
import { isDoneWithin } from '../../common/within.js';
import type { OutboxRow } from '../outbox/outbox.repository.js';
import { publishedEvent } from '../events/published-event.js';
import type { BrokerChannel } from './broker-channel.js';
import type { BrokerConnection } from './broker-connection.js';
import { assertTopology, type BrokerTopology } from './broker-topology.js';
import { tracing } from '../tracing/tracing.js';

/** Milliseconds for one batch; less than the relay waits for. */
const PUBLISH_WITHIN = 4_000;

/** Publishes events to the exchange. */
export class BrokerPublisher {
  private readonly logger = new Logger('Broker');
  private readonly unroutedTypes = new Set<string>();
  private current: Promise<BrokerChannel> | null = null;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly topology: BrokerTopology,
  ) {}

  /**
   * Answers the ids of the rows RabbitMQ has confirmed. Aggregates go side by side, the events of one after another:
   * the next is sent when the one before is confirmed, so that none ever arrives before it.
   */
  async publish(rows: readonly OutboxRow[]): Promise<readonly string[]> {
    const deadline = performance.now() + PUBLISH_WITHIN;
    const channel = await this.channel();
    const confirmed: string[] = [];
    const groups = Map.groupBy(rows, (row) => `${row.aggregateType} ${row.aggregateId}`);
    const work = [...groups.values()].map((group) =>
      this.publishInOrder(channel, group, deadline, confirmed),
    );
    if (!(await isDoneWithin(Math.max(0, deadline - performance.now()), Promise.all(work)))) {
      // What is under way there may still arrive, or not: it is sent again on another channel.
      void channel.close();
      this.current = null;
    }
    return [...confirmed];
  }

  /** Up to the first that is not confirmed. */
  private async publishInOrder(
    channel: BrokerChannel,
    rows: readonly OutboxRow[],
    deadline: number,
    confirmed: string[],
  ): Promise<void> {
    for (const row of rows) {
      if (performance.now() > deadline) return;
      try {
        await this.send(channel, row);
      } catch {
        // Refused, or lost with its connection: the relay says so, and sends it again.
        return;
      }
      confirmed.push(row.id);
    }
  }

  private send(channel: BrokerChannel, row: OutboxRow): Promise<void> {
    const { traceparent: parent, type } = row;
    if (parent === null) return this.sendNow(channel, row);
    const attributes = {
      'messaging.system': 'rabbitmq',
      'messaging.operation.type': 'send',
      'messaging.destination.name': this.topology.exchange,
    };
    return tracing.run(`send ${type}`, { kind: 'producer', parent, attributes }, () =>
      this.sendNow(channel, row),
    );
  }

  private async sendNow(channel: BrokerChannel, row: OutboxRow): Promise<void> {
    const { exchange, unrouted } = this.topology;
    // Carried on by a process that traces nothing, too.
    const traceparent = tracing.traceparent() ?? row.traceparent;
    const content = Buffer.from(JSON.stringify(publishedEvent(row)));
    const options: Options.Publish = {
      messageId: row.eventId,
      type: row.type,
      timestamp: Math.floor(row.occurredAt.getTime() / 1_000),
      contentType: 'application/json',
      ...(traceparent !== null && { headers: { traceparent } }),
    };
    if (await channel.publish({ exchange, routingKey: row.type }, content, options)) return;
    this.warnOnce(row.type);
    const isKept = await channel.publish({ exchange: '', routingKey: unrouted }, content, options);
    if (isKept) return;
    // The next channel declares it again.
    void channel.close();
    throw new Error(`The queue ${unrouted} is gone`);
  }

  private warnOnce(type: string): void {
    if (this.unroutedTypes.has(type)) return;
    this.unroutedTypes.add(type);
    this.logger.warn(
      `No queue is bound to ${this.topology.exchange} for ${type}; such events are kept in ${this.topology.unrouted}`,
    );
  }

  private channel(): Promise<BrokerChannel> {
    this.connection.assertUsable();
    if (this.current) return this.current;
    const opening: Promise<BrokerChannel> = this.openChannel(() => this.forget(opening));
    opening.catch(() => this.forget(opening));
    return (this.current = opening);
  }

  private async openChannel(onClose: () => void): Promise<BrokerChannel> {
    const channel = await this.connection.openChannel();
    channel.onClose(onClose);
    await assertTopology(channel.amqp, this.topology);
    return channel;
  }

  private forget(opening: Promise<BrokerChannel>): void {
    if (this.current === opening) this.current = null;
  }
}
