import type { Channel } from 'amqplib';

/** Names in RabbitMQ. Deployments that share one have a virtual host each. */
export interface BrokerTopology {
  /** A topic exchange; the routing key is the type of the event. */
  readonly exchange: string;
  /** Keeps events that no queue was bound for. */
  readonly unrouted: string;
}

export const BROKER_TOPOLOGY: BrokerTopology = {
  exchange: 'gatehouse.events',
  unrouted: 'gatehouse.unrouted',
};

/** The newest of these are kept. */
const UNROUTED_KEPT = 10_000;
const UNROUTED_BYTES = 64 * 1_024 * 1_024;

/** Declares the exchange. Whoever comes first does; for the others it changes nothing. */
export async function assertExchange(channel: Channel, { exchange }: BrokerTopology): Promise<void> {
  await channel.assertExchange(exchange, 'topic', { durable: true });
}

/** Declares what the publisher needs. */
export async function assertTopology(channel: Channel, topology: BrokerTopology): Promise<void> {
  await assertExchange(channel, topology);
  await channel.assertQueue(topology.unrouted, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-max-length': UNROUTED_KEPT,
      'x-max-length-bytes': UNROUTED_BYTES,
    },
  });
}
