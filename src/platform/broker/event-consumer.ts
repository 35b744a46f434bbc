import { Logger } from '@nestjs/common';
import type { ConsumeMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { isDoneWithin } from '../../common/within.js';
import { cutText } from '../../common/text.js';
import type { PublishedEvent } from '../events/published-event.js';
import type { BrokerChannel } from './broker-channel.js';
import { BrokerConnection } from './broker-connection.js';
import { BROKER_TOPOLOGY, type BrokerTopology } from './broker-topology.js';
import { assertConsumerQueues, type ConsumerQueues, consumerQueues } from './consumer-queues.js';
import { HopelessMessage, readEvent } from './event-message.js';
import { tracing } from '../tracing/tracing.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const WAITS = [SECOND, 5 * SECOND, 30 * SECOND, 5 * MINUTE, 30 * MINUTE];
const PREFETCH = 20;
const REOPEN_AFTER = SECOND;
/** Milliseconds for what is being handled when the process is told to stop. */
const FINISH_WITHIN = 10_000;
const REASON_LENGTH = 500;

export interface EventConsumerOptions {
  readonly url: string;
  readonly queue: string;
  /** The types to receive, each with the version that is understood. */
  readonly accepts: Readonly<Record<string, number>>;
  /** Done at least once: what must have its effect once has an inbox. Throws to have the event tried again. */
  readonly handle: (event: PublishedEvent) => Promise<void>;
  readonly topology?: BrokerTopology;
  /** How many messages are handled at a time. */
  readonly prefetch?: number;
  /** Milliseconds before each further try. */
  readonly waits?: readonly number[];
}

/**
 * Receives events from a queue of its own. A message is acknowledged once it is dealt with: handled, put aside for a
 * later try, or put with the dead letters, each with the reason in its headers.
 */
export class EventConsumer {
  private readonly logger = new Logger('Consumer');
  private readonly stopped = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private readonly queues: ConsumerQueues;
  private readonly connection: BrokerConnection;
  private running: Promise<void> = Promise.resolve();
  private finish: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly options: EventConsumerOptions) {
    this.queues = consumerQueues(options.queue, options.waits ?? WAITS);
    this.connection = new BrokerConnection(options.url, options.queue);
  }

  start(): void {
    this.running = this.run();
  }

  /** Takes nothing more, and waits for what is being handled. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await isDoneWithin(FINISH_WITHIN, this.finish()).catch(() => undefined);
    await this.connection.close();
    await this.running;
  }

  /** Again and again: a channel ends with its connection, and with its queue. */
  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        await this.receiveUntilClosed(await this.connection.openChannel());
      } catch (error) {
        this.logger.debug(`${this.queues.main} cannot be read: ${String(error)}`);
      }
      await delay(REOPEN_AFTER, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private async receiveUntilClosed(channel: BrokerChannel): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      channel.onClose(resolve);
      this.stopped.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const { queues, options } = this;
    await assertConsumerQueues(
      channel.amqp,
      options.topology ?? BROKER_TOPOLOGY,
      queues,
      Object.keys(options.accepts),
    );
    await channel.amqp.prefetch(options.prefetch ?? PREFETCH);
    const { consumerTag } = await channel.amqp.consume(queues.main, (message) => {
      // Without a message: the queue was deleted. It is declared again.
      if (message === null) void channel.close();
      else this.track(this.receive(channel, message));
    });
    this.finish = async () => {
      await channel.amqp.cancel(consumerTag);
      await Promise.all(this.underWay);
      // By itself: the end of a connection may overtake the last acknowledgements.
      await channel.close();
    };
    await closed;
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  private async receive(channel: BrokerChannel, message: ConsumeMessage): Promise<void> {
    try {
      const failure = await this.failureOf(message);
      if (failure) await this.putAside(channel, message, failure);
      channel.amqp.ack(message);
    } catch {
      // Neither acknowledged nor put aside: closed, the channel gives back what it holds, to be delivered again.
      void channel.close();
    }
  }

  private async failureOf({ content, properties }: ConsumeMessage): Promise<Error | null> {
    try {
      const event = readEvent(content, this.options.accepts);
      const parent = traceparentOf(properties);
      const attributes = {
        'messaging.system': 'rabbitmq',
        'messaging.operation.type': 'process',
        'messaging.destination.name': this.queues.main,
      };
      const options = { kind: 'consumer', parent, attributes } as const;
      await tracing.run(`process ${event.type}`, options, () => this.options.handle(event));
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** To the queue it waits in for its next try, or to the dead letters. */
  private async putAside(channel: BrokerChannel, message: ConsumeMessage, failure: Error): Promise<void> {
    const { messageId, type, timestamp, contentType, headers } = message.properties;
    const traceparent = traceparentOf(message.properties);
    const attempt = Number(headers?.['x-attempt'] ?? 0) + 1;
    const retry = failure instanceof HopelessMessage ? undefined : this.queues.retries[attempt - 1];
    const reason = cutText(failure.message.replaceAll(/\s+/g, ' '), REASON_LENGTH);
    const to = retry?.name ?? this.queues.dead;
    const isThere = await channel.publish({ exchange: '', routingKey: to }, message.content, {
      messageId,
      type,
      timestamp,
      contentType,
      headers: {
        'x-attempt': attempt,
        'x-reason': reason,
        ...(traceparent !== undefined && { traceparent }),
      },
      ...(retry && { expiration: jittered(retry.wait) }),
    });
    if (!isThere) throw new Error(`The queue ${to} is gone`);
    const what = `${String(messageId)} of ${this.queues.main}`;
    if (retry) this.logger.warn(`${what} failed and is tried again (try ${attempt}): ${reason}`);
    else this.logger.error(`${what} is a dead letter after ${attempt} tries: ${reason}`);
  }
}

/** At most half of it taken off, so that what failed together does not come back together. */
function jittered(wait: number): number {
  return Math.ceil(wait * (1 - Math.random() / 2));
}

/** The trace an event is part of, as its publisher says. */
function traceparentOf({ headers }: ConsumeMessage['properties']): string | undefined {
  const traceparent: unknown = headers?.traceparent;
  return typeof traceparent === 'string' ? traceparent : undefined;
}
