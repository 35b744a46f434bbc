import { Logger } from '@nestjs/common';
import type { BrokerTopology } from '../../src/platform/broker/broker-topology.js';
import { EventConsumer, type EventConsumerOptions } from '../../src/platform/broker/event-consumer.js';
import { HopelessMessage } from '../../src/platform/broker/event-message.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { Inbox } from '../../src/platform/events/inbox.js';
import type { PublishedEvent } from '../../src/platform/events/published-event.js';
import { type SpanOptions, tracing } from '../../src/platform/tracing/tracing.js';
import { type DatabaseProxy, proxyTo } from '../support/database-proxy.js';
import { eventually } from '../support/eventually.js';
import { describeWithRabbit, RABBITMQ_URL, TestBroker } from '../support/rabbit.js';
import { type Fixture, only, openFixture } from './fixture.js';

const WAITS = [40, 80];
let db: Fixture;
let broker: TestBroker;
let proxy: DatabaseProxy;
let topology: BrokerTopology;
let queue: string;
let dead: string;
let consumers: EventConsumer[];

const event = (n: number, changes: object = {}) => ({
  id: crypto.randomUUID(),
  type: 'thing.made',
  version: 1,
  occurredAt: new Date().toISOString(),
  aggregate: { type: 'thing', id: String(n) },
  data: { n },
  ...changes,
});
const publish = (content: Buffer | object) =>
  broker.channel.publish(
    topology.exchange,
    'thing.made',
    Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content)),
    { persistent: true },
  );

async function consume(
  handle: EventConsumerOptions['handle'],
  options: Partial<EventConsumerOptions> = {},
): Promise<EventConsumer> {
  const accepts = { 'thing.made': 1 };
  const consumer = new EventConsumer({
    url: proxy.url,
    queue,
    accepts,
    handle,
    topology,
    waits: WAITS,
    ...options,
  });
  consumers.push(consumer);
  consumer.start();
  await eventually(() => isConsumed(), 10_000);
  return consumer;
}

/** Asked on a channel of its own: a queue that is not there yet ends it. */
async function isConsumed(): Promise<boolean> {
  return (await broker.consumersOf(queue)) >= consumers.length;
}

/** The effect of an event as it should be: in one transaction with the inbox. */
const once = ({ id, data }: PublishedEvent) =>
  db.transactions.run(SYSTEM, async (tx) => {
    if (!(await new Inbox().isNew(tx, 'test', id))) return;
    await tx.query(`INSERT INTO effect (n) VALUES ($1)`, [data.n]);
  });
const effects = async () => (await db.sql<{ n: number }>('SELECT n FROM effect')).map(({ n }) => n);

describeWithRabbit('a consumer of events', () => {
  beforeAll(async () => {
    db = await openFixture('consumer');
    await db.sql('CREATE TABLE effect (n int)');
  });
  beforeEach(async () => {
    for (const level of ['debug', 'log', 'warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation();
    }
    await db.sql('TRUNCATE effect, inbox');
    broker = await TestBroker.open();
    proxy = await proxyTo(RABBITMQ_URL);
    topology = broker.topology();
    queue = broker.name('consumer', '.dead', ...WAITS.map((wait) => `.retry.${wait}`));
    dead = `${queue}.dead`;
    consumers = [];
  });
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    proxy.close();
    await broker.close(topology);
    jest.restoreAllMocks();
  });
  afterAll(() => db.close());

  it('R13: has the effect of an event once, delivered ten times at once to two processes, and later again', async () => {
    const seen: string[] = [];
    const handle = async (received: PublishedEvent) => {
      await once(received);
      seen.push(received.id);
    };
    await consume(handle);
    await consume(handle);
    const twice = event(7);
    for (let time = 1; time <= 10; time += 1) publish(twice);
    await eventually(() => seen.length === 10);
    expect(await effects()).toEqual([7]);
    await db.sql(`UPDATE inbox SET handled_at = now() - interval '1 hour'`);
    publish(twice);
    await eventually(() => seen.length === 11);
    expect(await effects()).toEqual([7]);
  });

  it('R13: has it once when the connection is lost after the commit, before the message is acknowledged', async () => {
    let tries = 0;
    await consume(async (received) => {
      await once(received);
      tries += 1;
      if (tries === 1) proxy.cut();
    });
    publish(event(1));
    await eventually(() => tries === 1);
    proxy.mend();
    await eventually(() => tries === 2, 15_000);
    expect(await effects()).toEqual([1]);
    await eventually(async () => (await broker.count(queue)) === 0);
  });

  it('R14: makes one that always fails a dead letter with the reason, and all others have their effect', async () => {
    const tries: number[] = [];
    await consume(async (received) => {
      if (received.data.n === 13) {
        tries.push(performance.now());
        throw new Error('thirteen\nis bad');
      }
      await once(received);
    });
    for (let n = 1; n <= 200; n += 1) publish(event(n));
    await eventually(async () => (await effects()).length === 199, 15_000);
    await eventually(async () => (await broker.count(dead)) === 1, 15_000);
    expect(tries).toHaveLength(3);
    const letter = only(await broker.take(dead));
    expect(letter.properties.headers).toMatchObject({ 'x-attempt': 3, 'x-reason': 'thirteen is bad' });
    expect(JSON.parse(letter.content.toString())).toMatchObject({ type: 'thing.made', data: { n: 13 } });
    await eventually(async () => (await broker.count(queue)) === 0);
  });

  it('R14: has the effect of one that fails at first', async () => {
    let tries = 0;
    await consume(async (received) => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      await once(received);
    });
    publish(event(5));
    await eventually(async () => (await effects()).length === 1, 15_000);
    expect(await broker.count(dead)).toBe(0);
  });

  it.each<[string, string, Buffer | object]>([
    ['no JSON', 'not JSON', Buffer.from('{"id":')],
    ['not UTF-8', 'not JSON in UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['nothing', 'not JSON', Buffer.alloc(0)],
    ['no object', 'not an event', Buffer.from('[]')],
    ['nested 20,000 deep', 'not an event', Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
    ['without id', 'not an event: id', event(1, { id: undefined })],
    ['with an id that is none', 'not an event: id', event(1, { id: '1 OR 1=1' })],
    ['with a number that is none', 'not an event: version', event(1, { version: '1' })],
    ['without data', 'not an event: data', event(1, { data: null })],
    ['of a version that is not known', 'version 2 of thing.made is not known', event(1, { version: 2 })],
    ['of another type', 'thing.gone are not expected', event(1, { type: 'thing.gone' })],
    ['too large', 'bytes, more than', event(1, { data: { text: 'x'.repeat(200_000) } })],
  ])(
    'S94, R14: makes a message that is %s a dead letter at once, with the reason',
    async (_, reason, content) => {
      const handled: unknown[] = [];
      await consume(async (received) => void handled.push(received.data.n));
      publish(content);
      publish(event(2));
      await eventually(async () => (await broker.count(dead)) === 1);
      const { properties } = only(await broker.take(dead));
      expect(properties.headers?.['x-attempt']).toBe(1);
      expect(String(properties.headers?.['x-reason'])).toContain(reason);
      await eventually(() => handled.length === 1);
      expect(handled).toEqual([2]);
    },
  );

  it('handles an event as part of the trace its publisher names, at each further try as well', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const begin = jest.fn<null, [string, SpanOptions]>(() => null);
    tracing.use({ begin, traceparent: () => undefined, stop: () => Promise.resolve() });
    const handle = jest.fn(async () => {
      if (handle.mock.calls.length === 1) throw new Error('not yet');
    });
    await consume(handle);
    const content = Buffer.from(JSON.stringify(event(1)));
    broker.channel.publish(topology.exchange, 'thing.made', content, { headers: { traceparent } });
    await eventually(() => handle.mock.calls.length === 2, 10_000);
    await tracing.stop();
    expect(begin.mock.calls.map(([name, { parent }]) => [name, parent])).toEqual([
      ['process thing.made', traceparent],
      ['process thing.made', traceparent],
    ]);
  });

  it('R14: gives up at once where the handler says that it is hopeless', async () => {
    await consume(() => Promise.reject(new HopelessMessage('there is no such thing')));
    publish(event(1));
    await eventually(async () => (await broker.count(dead)) === 1);
    expect(only(await broker.take(dead)).properties.headers).toMatchObject({
      'x-attempt': 1,
      'x-reason': 'there is no such thing',
    });
  });

  it('goes on when its queue was deleted', async () => {
    const handled: unknown[] = [];
    await consume(async (received) => void handled.push(received.data.n));
    await broker.channel.deleteQueue(queue);
    await eventually(() => isConsumed(), 10_000);
    publish(event(3));
    await eventually(() => handled.length === 1);
  });

  it('handles no more at a time than it is told', async () => {
    let running = 0;
    let most = 0;
    let done = 0;
    await consume(
      async () => {
        most = Math.max(most, (running += 1));
        await db.sql('SELECT 1');
        running -= 1;
        done += 1;
      },
      { prefetch: 3 },
    );
    for (let n = 1; n <= 30; n += 1) publish(event(n));
    await eventually(() => done === 30);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('R16: finishes what it is at when it is stopped, and leaves the rest', async () => {
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    const consumer = await consume(
      async (received) => {
        begun += 1;
        await gate.promise;
        await once(received);
      },
      { prefetch: 1 },
    );
    publish(event(1));
    publish(event(2));
    await eventually(() => begun === 1);
    const stopped = consumer.stop();
    gate.resolve();
    await stopped;
    expect(await effects()).toEqual([1]);
    // RabbitMQ counts with a delay.
    await eventually(async () => (await broker.count(queue)) === 1);
    expect(JSON.parse(only(await broker.take(queue)).content.toString())).toMatchObject({ data: { n: 2 } });
  });
});
