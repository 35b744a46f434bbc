import { SYSTEM, Transactions } from '../../src/platform/database/transactions.js';
import { AttemptsService } from '../../src/webhooks/attempts.service.js';
import { DeliveriesRepository } from '../../src/webhooks/deliveries.repository.js';
import { DueDeliveries } from '../../src/webhooks/due-deliveries.js';
import { Sender } from '../../src/webhooks/sender.js';
import { eventually } from '../support/eventually.js';
import { Receiver } from '../support/receiver.js';
import { startWebhookTest, type WebhookTest } from '../support/webhooks.js';

let { service, token, webhooks } = {} as WebhookTest;
let receiver: Receiver;
let webhookId: number;
beforeAll(async () => {
  ({ service, token, webhooks } = await startWebhookTest({ WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }));
  receiver = await Receiver.start();
});
afterAll(async () => {
  await receiver.close();
  await service.close();
});
beforeEach(async () => {
  receiver.received.length = 0;
  receiver.answer = (response) => response.writeHead(204).end();
  ({ id: webhookId } = await webhooks.create(receiver.url()));
});
afterEach(() => webhooks.removeAll());

/** Deliveries of so many events, one after the other. */
async function publish(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(...(await webhooks.publish()));
  return ids;
}

/** Attempts without an answer in time, without the ten seconds each of them takes. */
async function hang(ids: readonly string[]): Promise<void> {
  const attempts = service.app.get(AttemptsService);
  const begun = await Promise.all(ids.map((id) => attempts.begin(id)));
  for (const attempt of begun) {
    if (!attempt) throw new Error('an attempt was not to be made');
    await attempts.finish(attempt, {
      status: null,
      latency: 10_000,
      error: 'timeout',
      retryAfter: null,
    });
  }
}

/** Seconds the receiver is still left alone. */
async function rest(): Promise<number | null> {
  const [row] = await service.sql<{ seconds: number | null }>(
    `SELECT extract(epoch FROM resting_until - now())::float8 AS seconds FROM webhook_health WHERE webhook_id = $1`,
    [webhookId],
  );
  return row?.seconds ?? null;
}

const endRest = () =>
  service.sql('UPDATE webhook_health SET resting_until = now() WHERE webhook_id = $1', [webhookId]);
const enqueueDue = () => service.app.get(DueDeliveries).enqueue();

/** Those of the deliveries a worker has been asked to make an attempt at. */
async function askedOf(ids: readonly string[]): Promise<string[]> {
  const rows = await service.sql<{ id: string }>(
    `SELECT payload->>'deliveryId' AS id FROM outbox
     WHERE type = 'webhooks.deliver' AND payload->>'deliveryId' = ANY ($1) ORDER BY outbox.id`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

describe('R26: attempts', () => {
  it('are asked for once, two of a webhook at a time; each that ends asks for the next', async () => {
    const ids = await publish(4);
    const [first = '', second = '', third = '', fourth = ''] = ids;
    expect(await askedOf(ids)).toEqual([first, second]);
    expect(await enqueueDue()).toEqual([]);
    await webhooks.attempt(first);
    expect(await askedOf(ids)).toEqual([first, second, third]);
    await webhooks.attempt(third);
    expect(await askedOf(ids)).toEqual([first, second, third, fourth]);
  });

  it('are asked for by one of those that look at once, and no more of them than may be made', async () => {
    // A plan for the few rows there were once must not take more.
    await service.sql('ANALYZE webhook_delivery');
    const ids = await publish(8);
    await service.sql('UPDATE webhook_delivery SET asked_until = NULL');
    const deliveries = service.app.get(DeliveriesRepository);
    const transactions = service.app.get(Transactions);
    await transactions.run(SYSTEM, async (tx) => {
      expect(await deliveries.takeDue(tx)).toEqual(ids.slice(0, 2));
      // Not committed: the other one does not count them, and takes none of them.
      expect(await transactions.run(SYSTEM, (other) => deliveries.takeDue(other))).toEqual(ids.slice(2, 4));
    });
    expect(await enqueueDue()).toEqual([]);
  });

  it('whose job is lost are asked for again after a minute', async () => {
    const [id = ''] = await publish(1);
    expect(await enqueueDue()).toEqual([]);
    await service.sql(`UPDATE webhook_delivery SET asked_until = asked_until - interval '60 s'`);
    expect(await enqueueDue()).toEqual([id]);
    expect(await askedOf([id])).toEqual([id, id]);
  });

  it('whose job comes while there are enough others are asked for again when one of these ends', async () => {
    const gate = Promise.withResolvers<void>();
    receiver.answer = (response) => void gate.promise.then(() => response.writeHead(204).end());
    const [first = '', second = '', third = ''] = await publish(3);
    const sender = service.app.get(Sender);
    const running = [sender.deliver(first), sender.deliver(second)];
    await eventually(() => receiver.received.length === 2);
    await service.sql(`UPDATE webhook_delivery SET asked_until = now() + interval '1 minute' WHERE id = $1`, [
      third,
    ]);
    await sender.deliver(third);
    gate.resolve();
    await Promise.all(running);
    expect(await askedOf([third])).toEqual([third]);
  });
});

describe('R26: a receiver that does not answer in time', () => {
  it('is called by one at a time after the first time', async () => {
    const [first = '', second = '', third = '', fourth = ''] = await publish(4);
    await hang([first]);
    expect(await rest()).toBeNull();
    const held: (() => void)[] = [];
    receiver.answer = (response) => held.push(() => response.writeHead(204).end());
    const sender = service.app.get(Sender);
    let idle = 0;
    const running = [second, third, fourth].map((id) => sender.deliver(id).then(() => (idle += 1)));
    await eventually(() => held.length === 1 && idle === 2);
    held.forEach((answer) => answer());
    await Promise.all(running);
    expect(receiver.received).toHaveLength(1);
  });

  it('is left alone from the second time on, for longer each time; what waits loses no attempt', async () => {
    const [first = '', second = '', third = ''] = await publish(3);
    await hang([first, second]);
    expect(await rest()).toBeGreaterThan(29);
    await webhooks.attempt(third);
    expect(receiver.received).toHaveLength(0);
    expect(await webhooks.delivery(third)).toMatchObject({ state: 'pending', attempts: 0 });
    expect(await askedOf([third, ...(await publish(1))])).toEqual([]);
    expect(await enqueueDue()).toEqual([]);
    await endRest();
    expect(await enqueueDue()).toEqual([third]);
    await hang([third]);
    expect(await rest()).toBeGreaterThan(59);
  });

  it.each([500, 204])('is called as before once it answers, with %i for one', async (status) => {
    await hang(await publish(2));
    await endRest();
    receiver.answer = (response) => response.writeHead(status).end();
    await webhooks.send();
    expect(await rest()).toBeNull();
    const ids = await publish(2);
    expect(await askedOf(ids)).toEqual(ids);
  });

  it.each(['a test', 'a replay', 'an event after it was switched on'])('gets %s at once', async (how) => {
    const [first = '', second = ''] = await publish(2);
    await hang([first, second]);
    expect(await rest()).not.toBeNull();
    const { status, body } = await (how === 'a test'
      ? service.api.post<{ id: number }>(`/webhooks/${webhookId}/test`, { token })
      : how === 'a replay'
        ? service.api.post<{ id: number }>(`/webhooks/deliveries/${first}/replay`, { token })
        : service.api.patch<{ id: number }>(`/webhooks/${webhookId}`, { token, body: { isActive: true } }));
    expect(status).toBeLessThan(300);
    const [id] = how.startsWith('an event') ? await publish(1) : [String(body.id)];
    receiver.answer = (response) => response.writeHead(204).end();
    expect(await askedOf([id ?? ''])).not.toEqual([]);
    await webhooks.attempt(id ?? '');
    expect(receiver.received).toHaveLength(1);
  });

  it('gets a test though a message is on its way that hangs', async () => {
    const [first = '', second = '', third = ''] = await publish(3);
    await hang([first, second]);
    await endRest();
    const probe = await service.app.get(AttemptsService).begin(third);
    const { body } = await service.api.post<{ id: number }>(`/webhooks/${webhookId}/test`, { token });
    receiver.answer = (response) => response.writeHead(204).end();
    expect(await webhooks.attempt(String(body.id))).toMatchObject({ state: 'succeeded' });
    expect(probe).not.toBeNull();
  });
});

describe('F24: a receiver that says when to come again', () => {
  const planned = async (id: string) => {
    const [row] = await service.sql<{ seconds: number }>(
      `SELECT extract(epoch FROM next_attempt_at - now())::float8 AS seconds FROM webhook_delivery WHERE id = $1`,
      [id],
    );
    return row?.seconds ?? 0;
  };
  const answer = (status: number, retryAfter: string) => {
    receiver.answer = (response) => response.writeHead(status, { 'retry-after': retryAfter }).end();
  };

  it.each([
    [429, '7200', 7_200],
    [503, '7200', 7_200],
    [503, new Date(Date.now() + 7_200_000).toUTCString(), 7_200],
    [429, '999999999', 86_400],
  ])('with %s and Retry-After: %s gets nothing until then', async (status, header, seconds) => {
    const [first = '', second = ''] = await publish(2);
    answer(status, header);
    await webhooks.attempt(first);
    for (const wait of [await planned(first), await rest()]) {
      expect(wait).toBeGreaterThan(seconds - 60);
      expect(wait).toBeLessThanOrEqual(seconds);
    }
    receiver.received.length = 0;
    await webhooks.attempt(second);
    expect(receiver.received).toHaveLength(0);
    expect(await enqueueDue()).toEqual([]);
  });

  it.each([
    [429, 'soon'],
    [429, '1'],
    [500, '7200'],
    [302, '7200'],
  ])('with %s and Retry-After: %s is called as planned', async (status, header) => {
    const [id = ''] = await publish(1);
    answer(status, header);
    await webhooks.attempt(id);
    expect(await planned(id)).toBeLessThan(34);
  });

  it('gets a test in between', async () => {
    const [id = ''] = await publish(1);
    answer(429, '7200');
    await webhooks.attempt(id);
    receiver.answer = (response) => response.writeHead(204).end();
    receiver.received.length = 0;
    const { body } = await service.api.post<{ id: number }>(`/webhooks/${webhookId}/test`, { token });
    expect(await webhooks.attempt(String(body.id))).toMatchObject({ state: 'succeeded' });
  });
});
