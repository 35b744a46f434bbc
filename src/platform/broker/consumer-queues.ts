import type { Channel } from 'amqplib';
import { assertExchange, type BrokerTopology } from './broker-topology.js';

/** Deliveries that end with their connection, before a message that ends its consumer's process is a dead letter. */
const DELIVERIES = 20;

/** The queues of one consumer. */
export interface ConsumerQueues {
  readonly main: string;
  /** Where a message waits before its second, third … try. */
  readonly retries: readonly { readonly name: string; readonly wait: number }[];
  /** Messages nobody tries any more. */
  readonly dead: string;
}

/** `waits` before each further try, in milliseconds. A queue each: in one, the longest wait would hold up the others. */
export function consumerQueues(queue: string, waits: readonly number[]): ConsumerQueues {
  return {
    main: queue,
    retries: waits.map((wait) => ({ name: `${queue}.retry.${wait}`, wait })),
    dead: `${queue}.dead`,
  };
}

/** Declares the queues and binds the main one to the types. */
export async function assertConsumerQueues(
  channel: Channel,
  topology: BrokerTopology,
  { main, retries, dead }: ConsumerQueues,
  types: readonly string[],
): Promise<void> {
  await assertExchange(channel, topology);
  await declare(channel, dead, {});
  await declare(channel, main, { ...deadLetterTo(dead), 'x-delivery-limit': DELIVERIES });
  for (const { name, wait } of retries) {
    await declare(channel, name, { ...deadLetterTo(main), 'x-message-ttl': wait });
  }
  for (const type of types) await channel.bindQueue(main, topology.exchange, type);
}

/** A message leaves its queue only when the other has it. */
const deadLetterTo = (queue: string) => ({
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
});

async function declare(channel: Channel, queue: string, limits: object): Promise<void> {
  await channel.assertQueue(queue, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', ...limits },
  });
}
