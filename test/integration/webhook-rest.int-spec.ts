import { AttemptsService } from '../../src/webhooks/attempts.service.js';
import { DueDeliveries } from '../../src/webhooks/due-deliveries.service.js';
import { Sender } from '../../src/webhooks/sender.service.js';
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
    await attempts.finish(attempt, { status: null, latency: 10_000, error: 'timeout' });
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

  it.each(['a test', 'a replay', 'switching it on'])('is called at once by %s', async (how) => {
    const ids = await publish(2);
    await hang(ids);
    expect(await rest()).not.toBeNull();
    const { status } = await (how === 'a test'
      ? service.api.post(`/webhooks/${webhookId}/test`, { token })
      : how === 'a replay'
        ? service.api.post(`/webhooks/deliveries/${ids[0]}/replay`, { token })
        : service.api.patch(`/webhooks/${webhookId}`, { token, body: { isActive: true } }));
    expect(status).toBeLessThan(300);
    expect(await rest()).toBeNull();
  });
});
