import { connect, type Channel, type ChannelModel, type GetMessage } from 'amqplib';
import type { BrokerTopology } from '../../src/platform/broker/broker-topology.js';

const shared = process.env.GATEHOUSE_TEST_RABBITMQ ?? '';

export const RABBITMQ_URL = shared;

/** `describe` of suites about RabbitMQ. The skip is announced once, by the run. */
export const describeWithRabbit = shared ? describe : describe.skip;

/** A direct way into RabbitMQ, with names nobody else uses. */
export class TestBroker {
  private readonly queues = new Set<string>();

  private constructor(
    private readonly connection: ChannelModel,
    readonly channel: Channel,
  ) {}

  static async open(): Promise<TestBroker> {
    const connection = await connect(RABBITMQ_URL);
    return new TestBroker(connection, await connection.createChannel());
  }

  /** An exchange of the test's own, gone with its connection, as are the queues named by `name`. */
  topology(): BrokerTopology {
    const exchange = `test.${crypto.randomUUID()}`;
    return { exchange, unrouted: this.name('unrouted') };
  }

  /** A name that is removed in the end, with all queues in `ends` derived from it. */
  name(label: string, ...ends: readonly string[]): string {
    const name = `test.${label}.${crypto.randomUUID()}`;
    for (const end of ['', ...ends]) this.queues.add(`${name}${end}`);
    return name;
  }

  /** A queue that gets every event of the exchange. */
  async listen(exchange: string): Promise<string> {
    await this.channel.assertExchange(exchange, 'topic', { durable: true });
    const { queue } = await this.channel.assertQueue('', { exclusive: true });
    await this.channel.bindQueue(queue, exchange, '#');
    return queue;
  }

  /** Takes what is in a queue. */
  async take(queue: string): Promise<GetMessage[]> {
    const messages: GetMessage[] = [];
    for (;;) {
      const message = await this.channel.get(queue, { noAck: true });
      if (message === false) return messages;
      messages.push(message);
    }
  }

  /** How many processes read a queue; none where it is not there. */
  async consumersOf(queue: string): Promise<number> {
    const channel = await this.connection.createChannel();
    // A queue that is not there ends the channel.
    channel.on('error', () => undefined);
    try {
      return (await channel.checkQueue(queue)).consumerCount;
    } catch {
      return 0;
    } finally {
      await channel.close().catch(() => undefined);
    }
  }

  async count(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  async close(...topologies: readonly BrokerTopology[]): Promise<void> {
    for (const queue of this.queues) await this.channel.deleteQueue(queue);
    for (const { exchange } of topologies) await this.channel.deleteExchange(exchange);
    await this.connection.close();
  }
}
