import { Logger } from '@nestjs/common';
import { BrokerRelay } from '../../src/platform/broker/broker-relay.js';
import type { BrokerTopology } from '../../src/platform/broker/broker-topology.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import { OutboxListener } from '../../src/platform/outbox/outbox-listener.js';
import { OutboxRepository } from '../../src/platform/outbox/outbox.repository.js';
import { RelayLoops } from '../../src/platform/outbox/relay-loops.js';
import { OutboxSignal } from '../../src/platform/outbox/outbox-signal.js';
import { tracing } from '../../src/platform/tracing/tracing.js';
import { type DatabaseProxy, proxyTo } from '../support/database-proxy.js';
import { eventually } from '../support/eventually.js';
import { describeWithRabbit, RABBITMQ_URL, TestBroker } from '../support/rabbit.js';
import { type Fixture, only, openFixture } from './fixture.js';

let db: Fixture;
let outbox: Outbox;
let listener: OutboxListener;
let loops: RelayLoops;
let broker: TestBroker;
let proxy: DatabaseProxy;
let topology: BrokerTopology;
let relay: BrokerRelay;
let warn: jest.SpyInstance;
let log: jest.SpyInstance;

const said = () => warn.mock.calls.map(([message]) => String(message));

/** `counts[i]` events of aggregate i+1, each with its number. */
async function write(...counts: number[]): Promise<void> {
  await db.transactions.run(SYSTEM, async (tx) => {
    for (let n = 1; n <= Math.max(...counts); n += 1) {
      for (const [index, count] of counts.entries()) {
        if (n > count) continue;
        await outbox.add(tx, {
          type: n % 2 ? 'thing.made' : 'thing.changed',
          version: 1,
          aggregate: { type: 'thing', id: index + 1 },
          payload: { n },
        });
      }
    }
  });
}

const backlog = async () =>
  only(await db.sql<{ n: number }>('SELECT count(*)::int AS n FROM outbox WHERE broadcast_at IS NULL')).n;
const isDrained = async () => (await backlog()) === 0;

interface Body {
  readonly id: string;
  readonly aggregate: { readonly id: string };
  readonly data: { readonly n: number };
}
const bodyOf = ({ content }: { content: Buffer }) => JSON.parse(content.toString()) as Body;

describeWithRabbit('events at RabbitMQ', () => {
  beforeAll(async () => {
    db = await openFixture('broker');
    outbox = new Outbox(new OutboxSignal(db.dataSource));
    listener = new OutboxListener(db.url);
    listener.onModuleInit();
    loops = new RelayLoops(new OutboxRepository(), db.transactions, listener);
  });
  beforeEach(async () => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    await db.sql('TRUNCATE outbox');
    broker = await TestBroker.open();
    proxy = await proxyTo(RABBITMQ_URL);
    topology = broker.topology();
    relay = new BrokerRelay(proxy.url, loops, topology);
  });
  afterEach(async () => {
    await relay.beforeApplicationShutdown();
    proxy.close();
    await broker.close(topology);
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await listener.onApplicationShutdown();
    await db.close();
  });

  it('R12: arrive once the transaction has committed, those of one aggregate in their order', async () => {
    const queue = await broker.listen(topology.exchange);
    relay.onApplicationBootstrap();
    await write(300, ...Array.from({ length: 20 }, () => 20));
    await eventually(isDrained, 15_000);
    const bodies = (await broker.take(queue)).map(bodyOf);
    expect(bodies).toHaveLength(700);
    for (let aggregate = 1; aggregate <= 21; aggregate += 1) {
      const numbers = bodies
        .filter(({ aggregate: { id } }) => id === String(aggregate))
        .map(({ data }) => data.n);
      expect(numbers).toEqual(Array.from({ length: aggregate === 1 ? 300 : 20 }, (_, index) => index + 1));
    }
  });

  it('are persistent JSON messages that carry id, type and time, routed by their type', async () => {
    const queue = await broker.listen(topology.exchange);
    relay.onApplicationBootstrap();
    await write(1);
    await eventually(isDrained);
    const row = only(
      await db.sql<{ id: string; at: Date }>('SELECT event_id AS id, occurred_at AS at FROM outbox'),
    );
    const message = only(await broker.take(queue));
    expect(message.fields.routingKey).toBe('thing.made');
    expect(message.properties).toMatchObject({
      messageId: row.id,
      type: 'thing.made',
      timestamp: Math.floor(row.at.getTime() / 1000),
      contentType: 'application/json',
      deliveryMode: 2,
    });
    expect(bodyOf(message)).toEqual({
      id: row.id,
      type: 'thing.made',
      version: 1,
      occurredAt: row.at.toISOString(),
      aggregate: { type: 'thing', id: '1' },
      data: { n: 1 },
    });
  });

  it('carry the trace they were written in, through a relay that traces nothing as well', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const queue = await broker.listen(topology.exchange);
    relay.onApplicationBootstrap();
    tracing.use({ begin: () => null, traceparent: () => traceparent, stop: () => Promise.resolve() });
    await write(1);
    await tracing.stop();
    await eventually(isDrained);
    expect(only(await broker.take(queue)).properties.headers).toEqual({ traceparent });
    expect(await db.sql('SELECT traceparent FROM outbox')).toEqual([{ traceparent }]);
  });

  it('R11: are kept, and reported once a type, where no queue is bound for them', async () => {
    relay.onApplicationBootstrap();
    await write(3, 1);
    await eventually(isDrained);
    expect((await broker.take(topology.unrouted)).map(bodyOf).map(({ data }) => data.n)).toEqual(
      expect.arrayContaining([1, 1, 2, 3]),
    );
    expect(said().filter((text) => text.includes('No queue is bound'))).toHaveLength(2);
  });

  it('R11: are kept again when somebody has deleted the queue they are kept in, and the exchange', async () => {
    relay.onApplicationBootstrap();
    await write(1);
    await eventually(isDrained);
    await broker.channel.deleteQueue(topology.unrouted);
    await write(2);
    await eventually(isDrained);
    expect(await broker.count(topology.unrouted)).toBe(2);
    await broker.channel.deleteExchange(topology.exchange);
    await write(1);
    await eventually(isDrained);
    expect(await broker.count(topology.unrouted)).toBe(3);
  });

  it('G20, R11: wait in the outbox while RabbitMQ is away, and arrive when it is back', async () => {
    const queue = await broker.listen(topology.exchange);
    relay.onApplicationBootstrap();
    await write(1);
    await eventually(isDrained);
    proxy.cut();
    await write(200, 200);
    await eventually(() => said().some((text) => text.startsWith('Events wait for the broker')));
    expect(await backlog()).toBe(400);
    proxy.mend();
    await eventually(isDrained, 15_000);
    expect(await broker.count(queue)).toBe(401);
    expect(said().filter((text) => text.startsWith('RabbitMQ is away'))).toHaveLength(1);
    // Once for each time they stop, however often it is tried meanwhile: never twice without an end in between.
    const stops = said().filter((text) => text.startsWith('Events wait')).length;
    const ends = () =>
      log.mock.calls.filter(([message]) => String(message).startsWith('Events go to')).length;
    await eventually(() => ends() === stops);
  });

  it('S95: never have the password of RabbitMQ in the log', async () => {
    const url = Object.assign(new URL(proxy.url), { username: 'nobody', password: 'canary-8c1d' }).href;
    const denied = new BrokerRelay(url, loops, topology);
    denied.onApplicationBootstrap();
    await write(1);
    await eventually(() => said().some((text) => /RabbitMQ is away.*ACCESS.REFUSED/i.test(text)));
    await eventually(() => said().some((text) => text.startsWith('Events wait')));
    await denied.beforeApplicationShutdown();
    const everything = warn.mock.calls
      .flat()
      .map((part) => (part instanceof Error ? part.stack : String(part)));
    expect(everything.join()).not.toContain('canary');
  });

  it('G20, R12: are sent again when the confirmation was lost, with the same id', async () => {
    const queue = await broker.listen(topology.exchange);
    relay.onApplicationBootstrap();
    await write(1);
    await eventually(isDrained);
    await broker.take(queue);
    proxy.mute();
    await write(2);
    await eventually(async () => (await broker.count(queue)) === 1);
    proxy.cut();
    expect(await backlog()).toBe(2);
    proxy.mend();
    await eventually(isDrained, 15_000);
    const [first, again, second] = (await broker.take(queue)).map(bodyOf);
    expect([first?.data.n, again?.data.n, second?.data.n]).toEqual([1, 1, 2]);
    expect(again?.id).toBe(first?.id);
  });

  it('R11: are given to another connection when RabbitMQ hangs, without a batch that waits for ever', async () => {
    const queue = await broker.listen(topology.exchange);
    relay.onApplicationBootstrap();
    await write(1);
    await eventually(isDrained);
    proxy.mute();
    await write(1);
    await eventually(() => said().some((text) => text.startsWith('Events wait')), 8_000);
    proxy.cut();
    proxy.mend();
    await eventually(isDrained, 15_000);
    expect(new Set((await broker.take(queue)).map(bodyOf).map(({ id }) => id)).size).toBe(2);
  });
});
