import { SYSTEM, Transactions } from '../../src/platform/database/transactions.js';
import { defineEvent } from '../../src/platform/events/define-event.js';
import { Inbox } from '../../src/platform/events/inbox.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import type { PublishedEvent } from '../../src/platform/events/published-event.js';
import { Subscriptions } from '../../src/platform/events/subscriptions.js';
import { defineJob, HopelessJob, type JobContext } from '../../src/platform/jobs/job.js';
import { EVENTS } from '../../src/platform/jobs/queues.js';
import { JobQueues } from '../../src/platform/jobs/job-queues.js';
import { Jobs } from '../../src/platform/jobs/jobs.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { STORES } from '../support/redis.js';

const thingChanged = defineEvent('thing.changed', 1, (colour: string) => ({
  aggregate: { type: 'thing', id: 5 },
  payload: { colour },
}));
const thingMoved = defineEvent('thing.moved', 1, (n: number) => ({
  aggregate: { type: 'thing', id: 6 },
  payload: { n },
}));

describe.each(STORES)('background work, jobs in %s', (_, env) => {
  let t: TestApp;
  let queues: JobQueues;
  let jobs: Jobs;
  const work = defineJob<{ n: number }>('test.work', EVENTS);
  let run: (payload: { n: number }, context: JobContext) => Promise<void>;
  const events: PublishedEvent[] = [];

  beforeAll(async () => {
    t = await startApp({ env: { ...env, JOB_ATTEMPTS: '2' } });
    queues = t.app.get(JobQueues, { strict: false });
    jobs = t.app.get(Jobs);
    jobs.handle(work, (payload, context) => run(payload, context));
    t.app.get(Subscriptions).on(thingChanged, { name: 'test.subscriber', queue: EVENTS }, async (event) => {
      events.push(event);
    });
  });
  afterAll(() => t.close());

  const enqueue = (n: number, fails = false) =>
    t.app.get(Transactions).run(SYSTEM, async (tx) => {
      await jobs.enqueue(tx, work, { n });
      if (fails) throw new Error('rolled back');
    });

  it('does work once its transaction has committed, and none whose transaction did not', async () => {
    const done: number[] = [];
    run = async ({ n }) => void done.push(n);
    await expect(enqueue(1, true)).rejects.toThrow('rolled back');
    await enqueue(2);
    await eventually(() => done.length > 0);
    expect(done).toEqual([2]);
  });

  it('tells every subscriber of an event, with the id and the time it was stored with', async () => {
    await t.app.get(Transactions).run(SYSTEM, (tx) => t.app.get(Outbox).add(tx, thingChanged('red')));
    await eventually(() => events.length > 0);
    const [row] = await t.sql<{ id: string; at: Date }>(
      `SELECT event_id AS id, occurred_at AS at FROM outbox WHERE type = 'thing.changed'`,
    );
    expect(events).toEqual([
      {
        id: row?.id,
        type: 'thing.changed',
        version: 1,
        occurredAt: row?.at.toISOString(),
        aggregate: { type: 'thing', id: '5' },
        data: { colour: 'red' },
      },
    ]);
  });

  it('queues nothing for a subscriber that is not interested, from the moment it is', async () => {
    const told: number[] = [];
    let isInterested = false;
    t.app
      .get(Subscriptions)
      .on(
        thingMoved,
        { name: 'test.sometimes', queue: EVENTS, isInterested: async () => isInterested },
        async ({ data }) => void told.push(data.n),
      );
    t.app.get(Subscriptions).on(thingMoved, { name: 'test.always', queue: EVENTS }, async ({ data }) => {
      moved.push(data.n);
    });
    const moved: number[] = [];
    const move = (n: number) =>
      t.app.get(Transactions).run(SYSTEM, (tx) => t.app.get(Outbox).add(tx, thingMoved(n)));
    await move(1);
    await eventually(() => moved.includes(1));
    isInterested = true;
    await move(2);
    await eventually(() => told.length > 0 && moved.includes(2));
    expect(told).toEqual([2]);
  });

  it('R13: does a repeat of the same job nothing', async () => {
    const seen: string[] = [];
    run = async (_payload, { id }) => void seen.push(id);
    const job = {
      queue: 'events' as const,
      handler: work.name,
      eventId: crypto.randomUUID(),
      data: { n: 1 },
    };
    await queues.addAll([job]);
    await eventually(() => seen.length === 1);
    await queues.addAll([job, job]);
    await enqueue(99);
    await eventually(() => seen.length === 2);
    expect(seen.filter((id) => id === job.eventId)).toHaveLength(1);
  });

  it('forgets finished jobs after a while, and not before', async () => {
    const seen: string[] = [];
    run = async (_payload, { id }) => void seen.push(id);
    const job = {
      queue: 'events' as const,
      handler: work.name,
      eventId: crypto.randomUUID(),
      data: { n: 1 },
    };
    const isDone = () => seen.filter((id) => id === job.eventId).length;
    await queues.addAll([job]);
    await eventually(() => isDone() === 1);
    await queues.removeFinished(600);
    await queues.addAll([job]);
    await enqueue(99);
    await eventually(() => seen.length === 2);
    expect(isDone()).toBe(1);
    // The job ends a moment after its handler.
    await eventually(async () => {
      await queues.removeFinished(0);
      await queues.addAll([job]);
      return isDone() > 1;
    });
  });

  it('R13: has the effect of one event once, however often and however parallel it is delivered', async () => {
    const inbox = t.app.get(Inbox);
    const id = crypto.randomUUID();
    const results = await Promise.all(
      Array.from({ length: 10 }, () =>
        t.app.get(Transactions).run(SYSTEM, (tx) => inbox.isNew(tx, 'test', id)),
      ),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    // And again after an hour, when the queue has forgotten it.
    await t.sql(`UPDATE inbox SET handled_at = now() - interval '1 hour'`);
    expect(await t.app.get(Transactions).run(SYSTEM, (tx) => inbox.isNew(tx, 'test', id))).toBe(false);
  });

  it('R14: makes work that keeps failing a dead letter with its reason, which can be tried again', async () => {
    const tries: number[] = [];
    let isBroken = true;
    run = async ({ n }, { attempt }) => {
      if (n !== 13) return;
      tries.push(attempt);
      if (isBroken) throw new Error('thirteen is bad');
    };
    const done: number[] = [];
    const well = run;
    run = async (payload, context) => {
      await well(payload, context);
      done.push(payload.n);
    };
    for (let n = 1; n <= 20; n += 1) await enqueue(n);
    await eventually(() => done.length === 19);
    await eventually(async () => (await queues.deadLetters()).length === 1, 10_000, 50);
    const [letter] = await queues.deadLetters();
    expect(letter).toMatchObject({
      queue: 'events',
      handler: 'test.work',
      reason: 'thirteen is bad',
      attempts: 2,
    });
    expect(tries).toEqual([1, 2]);
    isBroken = false;
    expect(await queues.retry(letter?.id ?? '')).toBe(true);
    await eventually(() => done.includes(13));
    expect(await queues.deadLetters()).toEqual([]);
    expect(await queues.retry('nothing.of-this-name')).toBe(false);
  });

  it('R14: gives up at once where trying again is hopeless', async () => {
    let tries = 0;
    run = () => {
      tries += 1;
      return Promise.reject(new HopelessJob('there is no such number'));
    };
    await enqueue(1);
    await eventually(async () => (await queues.deadLetters()).length === 1, 10_000, 50);
    expect((await queues.deadLetters())[0]?.reason).toBe('there is no such number');
    expect(tries).toBe(1);
  });
});
