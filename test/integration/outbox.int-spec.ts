import { SYSTEM, type Transaction } from '../../src/platform/database/transactions.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import { OutboxListener } from '../../src/platform/outbox/outbox-listener.js';
import { OutboxRepository, type OutboxRow } from '../../src/platform/outbox/outbox.repository.js';
import { OutboxSignal } from '../../src/platform/outbox/outbox-signal.js';
import { RelayLoop } from '../../src/platform/outbox/relay-loop.js';
import { eventually } from '../support/eventually.js';
import { type Fixture, only, openFixture, openSql } from './fixture.js';

let db: Fixture;
let outbox: Outbox;
let listener: OutboxListener;
const repository = new OutboxRepository();

beforeAll(async () => {
  db = await openFixture('outbox');
  outbox = new Outbox(new OutboxSignal(db.dataSource));
  listener = new OutboxListener(db.url);
});
beforeEach(() => db.sql('TRUNCATE outbox'));
afterAll(async () => {
  await listener.onApplicationShutdown();
  await db.close();
});

const event = (id: number, n: number) => ({
  type: 'thing.changed',
  version: 1,
  aggregate: { type: 'thing', id },
  payload: { n },
});

/** `counts[i]` events of aggregate i+1, each with its number. */
async function write(...counts: number[]): Promise<void> {
  await db.transactions.run(SYSTEM, async (tx) => {
    for (let n = 1; n <= Math.max(...counts); n += 1) {
      for (const [index, count] of counts.entries())
        if (n <= count) await outbox.add(tx, event(index + 1, n));
    }
  });
}

const openRows = async () =>
  only(await db.sql<{ n: number }>('SELECT count(*)::int AS n FROM outbox WHERE published_at IS NULL')).n;

type Deliver = (rows: readonly OutboxRow[]) => Promise<readonly string[]>;
const relay = (deliver: Deliver) => new RelayLoop('queues', deliver, repository, db.transactions, listener);
const ids = (rows: readonly OutboxRow[]) => rows.map(({ id }) => id);
const label = ({ aggregateId, payload }: OutboxRow) => `${aggregateId}:${Number(payload.n)}`;

/** Holds a delivery until it is opened. */
function gate() {
  let open!: () => void;
  let arrive!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  return { open, arrived, pass: () => (arrive(), opened) };
}

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}
interface Explanation {
  readonly 'QUERY PLAN': [{ readonly Plan: Plan }];
}

/** The most rows that any step of a plan has looked at. */
function rowsOf({ Plans = [], ...plan }: Plan): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return Math.max(own, ...Plans.map(rowsOf));
}

describe('the relay', () => {
  it('delivers every row once the transaction has committed, in order, and marks it', async () => {
    await write(3, 2);
    const seen: string[] = [];
    const loop = relay(async (rows) => (seen.push(...rows.map(label)), ids(rows)));
    expect(await loop.deliverBatch()).toEqual({ found: 5, delivered: 5 });
    expect(seen).toEqual(['1:1', '2:1', '1:2', '2:2', '1:3']);
    expect(await loop.deliverBatch()).toEqual({ found: 0, delivered: 0 });
  });

  it('G20, R12: leaves rows that were not accepted for the next time', async () => {
    await write(2);
    const failing = relay(() => Promise.reject(new Error('away')));
    await expect(failing.deliverBatch()).rejects.toThrow('away');
    expect(await openRows()).toBe(2);
    const partly = relay(async ([first]) => (first ? [first.id] : []));
    expect(await partly.deliverBatch()).toEqual({ found: 2, delivered: 1 });
    const rest: string[] = [];
    await relay(async (rows) => (rest.push(...rows.map(label)), ids(rows))).deliverBatch();
    expect(rest).toEqual(['1:2']);
  });

  it('R12: never has two relays at one aggregate, and does not let one hold up the others', async () => {
    await write(2);
    const hold = gate();
    const slow = relay(async (rows) => (await hold.pass(), ids(rows))).deliverBatch();
    await hold.arrived;
    await write(2, 1);
    const seen: string[] = [];
    const quick = relay(async (rows) => (seen.push(...rows.map(label)), ids(rows)));
    await quick.deliverBatch();
    expect(seen).toEqual(['2:1']);
    hold.open();
    await slow;
    await quick.deliverBatch();
    expect(seen).toEqual(['2:1', '1:1', '1:2']);
    expect(await openRows()).toBe(0);
  });

  it('R12: delivers a row whose transaction commits after one with a higher number', async () => {
    const other = await openSql(db.url);
    await other.sql('BEGIN');
    await other.sql(
      `INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload) VALUES ('thing.changed', 1, 'thing', '7', '{"n":1}')`,
    );
    await write(1);
    const seen: string[] = [];
    const loop = relay(async (rows) => (seen.push(...rows.map(label)), ids(rows)));
    await loop.deliverBatch();
    await other.sql('COMMIT');
    await loop.deliverBatch();
    expect(seen).toEqual(['1:1', '7:1']);
    await other.end();
  });

  it('R12: delivers each of many rows exactly once and in order with four relays at work', async () => {
    await write(...Array.from({ length: 40 }, () => 25));
    const seen: string[] = [];
    const loops = Array.from({ length: 4 }, () =>
      relay(async (rows) => {
        seen.push(...rows.map(label));
        return ids(rows);
      }),
    );
    while ((await openRows()) > 0) await Promise.all(loops.map((loop) => loop.deliverBatch()));
    expect(new Set(seen).size).toBe(1_000);
    expect(seen).toHaveLength(1_000);
    for (let aggregate = 1; aggregate <= 40; aggregate += 1) {
      const numbers = seen
        .filter((one) => one.startsWith(`${aggregate}:`))
        .map((one) => Number(one.split(':')[1]));
      expect(numbers).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    }
  });

  it.each([1, 1_000])('R12: looks at few rows, whatever waits, here of %i aggregates', async (aggregates) => {
    await db.sql(
      `INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload, published_at)
       SELECT 'thing.changed', 1, 'thing', (n % $1)::text, '{}', CASE WHEN n <= 20000 THEN now() END
       FROM generate_series(1, 40000) AS n`,
      [aggregates],
    );
    await db.sql('ANALYZE outbox');
    await db.transactions.run(SYSTEM, async (tx) => {
      const explaining = {
        query: (sql: string, parameters: unknown[]) =>
          tx.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, parameters),
      } as unknown as Transaction;
      const [answer] = (await repository.claim(explaining, 'queues', 250)) as unknown as [Explanation];
      // Four relays share the oldest thousand rows.
      expect(rowsOf(answer['QUERY PLAN'][0].Plan)).toBeLessThanOrEqual(1_000);
    });
  });

  it('is woken by the signal of a commit, long before it would look for itself', async () => {
    listener.onModuleInit();
    const seen: number[] = [];
    const loop = relay(async (rows) => (seen.push(performance.now()), ids(rows)));
    loop.start();
    await write(1);
    await eventually(() => seen.length === 1);
    // The poll comes a second after the last delivery; the signal within milliseconds.
    const times: number[] = [];
    for (let round = 2; round <= 6; round += 1) {
      const startedAt = performance.now();
      await write(1);
      await eventually(() => seen.length === round, 5_000, 1);
      times.push((seen.at(-1) ?? 0) - startedAt);
    }
    await loop.stop();
    expect(times.toSorted((a, b) => a - b)[2]).toBeLessThan(500);
  });

  it('R12: leaves what follows a row that somebody else holds, such as the relay of the broker', async () => {
    await write(3);
    const other = await openSql(db.url);
    await other.sql('BEGIN');
    await other.sql(`UPDATE outbox SET broadcast_at = now() WHERE payload->>'n' = '2'`);
    const seen: string[] = [];
    const loop = relay(async (rows) => (seen.push(...rows.map(label)), ids(rows)));
    expect(await loop.deliverBatch()).toEqual({ found: 1, delivered: 1 });
    await other.sql('COMMIT');
    await loop.deliverBatch();
    expect(seen).toEqual(['1:1', '1:2', '1:3']);
    await other.end();
  });

  it('R12: delivers in order to queues and broker while both relays work, the broker holding up nobody', async () => {
    const seen = { queues: [] as string[], broker: [] as string[] };
    const loops = (['queues', 'queues', 'broker', 'broker'] as const).map(
      (destination) =>
        new RelayLoop(
          destination,
          async (rows) => (seen[destination].push(...rows.map(label)), ids(rows)),
          repository,
          db.transactions,
          listener,
        ),
    );
    const isOpen = async () =>
      (await db.sql('SELECT 1 FROM outbox WHERE published_at IS NULL OR broadcast_at IS NULL')).length > 0;
    const writing = (async () => {
      for (let n = 1; n <= 60; n += 1) {
        await db.transactions.run(SYSTEM, async (tx) => {
          for (let id = 1; id <= 5; id += 1) await outbox.add(tx, event(id, n));
        });
      }
    })();
    const work = async () => {
      do await Promise.all(loops.map((loop) => loop.deliverBatch()));
      while (await isOpen());
    };
    await work();
    await writing;
    await work();
    for (const labels of Object.values(seen)) {
      for (let id = 1; id <= 5; id += 1) {
        const numbers = labels
          .filter((one) => one.startsWith(`${id}:`))
          .map((one) => Number(one.split(':')[1]));
        expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
      }
    }
  });

  it('R14: goes on with others while the broker refuses the events of one aggregate', async () => {
    await write(1, 1);
    const seen: string[] = [];
    const broker = new RelayLoop(
      'broker',
      async (rows) => {
        const taken = rows.filter(({ aggregateId }) => aggregateId !== '1');
        seen.push(...rows.map(label));
        return ids(taken);
      },
      repository,
      db.transactions,
      listener,
    );
    expect(await broker.deliverBatch()).toEqual({ found: 2, delivered: 1 });
    await write(2, 2);
    expect(await broker.deliverBatch()).toEqual({ found: 2, delivered: 2 });
    expect(seen).toEqual(['1:1', '2:1', '2:1', '2:2']);
  });

  it('keeps work for one handler from the message broker', async () => {
    await db.sql(
      `INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload, is_job) VALUES ('a.job', 1, 'job', 'x', '{}', true)`,
    );
    await write(1);
    const seen: string[] = [];
    const broker = new RelayLoop(
      'broker',
      async (rows) => (seen.push(...rows.map(({ type }) => type)), ids(rows)),
      repository,
      db.transactions,
      listener,
    );
    await broker.deliverBatch();
    expect(seen).toEqual(['thing.changed']);
    expect(await openRows()).toBe(2);
  });
});

describe('the outbox', () => {
  it('R14: refuses an event that is too large for its receivers, and with it the change', async () => {
    const large = { ...event(1, 1), payload: { text: 'é'.repeat(33 * 1_024) } };
    await expect(db.transactions.run(SYSTEM, (tx) => outbox.add(tx, large))).rejects.toThrow(
      'thing.changed has 67595 bytes, more than 65536',
    );
    expect(await openRows()).toBe(0);
  });
});

describe('retention', () => {
  const removeOld = (alsoBroadcast: boolean) =>
    db.transactions.run(SYSTEM, (tx) =>
      repository.removeDelivered(tx, { olderThan: 86_400, alsoBroadcast, limit: 100 }),
    );

  it('removes what was delivered long ago, and nothing that is still to be delivered', async () => {
    await write(3);
    await db.sql(`UPDATE outbox SET published_at = now() - interval '2 days' WHERE payload->>'n' = '1'`);
    await db.sql(`UPDATE outbox SET published_at = now() WHERE payload->>'n' = '2'`);
    expect(await removeOld(true)).toBe(0);
    expect(await removeOld(false)).toBe(1);
    expect(await db.sql(`SELECT payload->>'n' AS n FROM outbox ORDER BY id`)).toEqual([
      { n: '2' },
      { n: '3' },
    ]);
  });
});
