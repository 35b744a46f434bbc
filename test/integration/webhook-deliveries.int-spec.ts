import { DueDeliveries } from '../../src/webhooks/due-deliveries.js';
import { Sender } from '../../src/webhooks/sender.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { runScheduled } from '../support/jobs.js';
import { Receiver } from '../support/receiver.js';
import { ServiceProcess } from '../support/service-process.js';
import { anEvent, startWebhookTest, Webhooks, type WebhookTest } from '../support/webhooks.js';

const ALLOW = { WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' };

let { service, webhooks } = {} as WebhookTest;
let receiver: Receiver;
beforeAll(async () => {
  ({ service, webhooks } = await startWebhookTest(ALLOW));
});
afterAll(() => service.close());
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  await receiver.close();
  await webhooks.removeAll();
});

const failWith = (status: number) => {
  receiver.answer = (response) => response.writeHead(status).end();
};
const webhookRow = async (id: number) =>
  (
    await service.sql<{ is_active: boolean; disabled_reason: string | null; updated_by: number | null }>(
      'SELECT is_active, disabled_reason, updated_by FROM webhook WHERE id = $1',
      [id],
    )
  )[0];
const jobsFor = (id: string) =>
  service.sql(`SELECT 1 FROM outbox WHERE type = 'webhooks.deliver' AND payload->>'deliveryId' = $1`, [id]);
const enqueueDue = () => service.app.get(DueDeliveries).enqueue();
const health = async (id: number) =>
  (
    await service.sql<{ failing: boolean; consecutive_failures: number }>(
      `SELECT failing_since IS NOT NULL AS failing, consecutive_failures FROM webhook_health WHERE webhook_id = $1`,
      [id],
    )
  )[0];

describe('an event', () => {
  it('goes to the webhooks that ask for its type, and to no others', async () => {
    const asking: Record<string, number> = {};
    for (const type of ['*', 'user.*', 'user.created', 'user.deleted', 'role.*'])
      asking[type] = (await webhooks.create(receiver.url(), [type])).id;
    const off = await webhooks.create(receiver.url());
    const gone = await webhooks.create(receiver.url());
    await service.sql('UPDATE webhook SET is_active = false WHERE id = $1', [off.id]);
    await service.sql('UPDATE webhook SET deleted_at = now() WHERE id = $1', [gone.id]);
    const event = anEvent('user.created');
    await webhooks.publish(event);
    const rows = await service.sql<{ webhook_id: number }>(
      'SELECT webhook_id FROM webhook_delivery WHERE event_id = $1 ORDER BY webhook_id',
      [event.id],
    );
    expect(rows.map((row) => row.webhook_id)).toEqual([
      asking['*'],
      asking['user.*'],
      asking['user.created'],
    ]);
  });

  it('that is told twice, or twice at once, is sent once', async () => {
    await webhooks.create(receiver.url());
    const event = anEvent();
    const ids = await Promise.all([webhooks.publish(event), webhooks.publish(event)]);
    const again = await webhooks.publish(event);
    expect(new Set([...ids.flat(), ...again]).size).toBe(1);
    expect(await jobsFor(again[0] ?? '')).toHaveLength(1);
  });

  it('arrives as it was published, under its id', async () => {
    await webhooks.create(receiver.url('/hook?token=1'));
    const event = anEvent('role.updated', { id: 3, name: 'Ünïcode' });
    expect(await webhooks.send(event)).toMatchObject({ state: 'succeeded', attempts: 1, last_status: 204 });
    const [{ method, path, headers, body } = { method: '', path: '', headers: {}, body: '' }] =
      receiver.received;
    expect([method, path, JSON.parse(body)]).toEqual(['POST', '/hook?token=1', event]);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Gatehouse-Webhooks/1',
      'webhook-id': event.id,
    });
  });
});

describe('R26: a delivery that fails', () => {
  it('is tried seven times, with growing pauses that the database keeps, and then given up', async () => {
    failWith(500);
    await webhooks.create(receiver.url());
    const [id = ''] = await webhooks.publish();
    const pauses: (number | null)[] = [];
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      const { state, attempts, pause, last_status, last_error } = await webhooks.attempt(id);
      expect({ attempts, last_status, last_error }).toEqual({
        attempts: attempt,
        last_status: 500,
        last_error: 'status',
      });
      expect(state).toBe(attempt < 7 ? 'pending' : 'failed');
      pauses.push(pause);
      await webhooks.hurry(id);
    }
    [30, 120, 600, 3_600, 21_600, 86_400].forEach((expected, index) => {
      expect(pauses[index]).toBeGreaterThan(expected * 0.89);
      expect(pauses[index]).toBeLessThan(expected * 1.11);
    });
    expect(pauses[6]).toBeNull();
    await webhooks.attempt(id);
    expect(receiver.received).toHaveLength(7);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('is not tried before its time, and is asked for once that has come', async () => {
    failWith(503);
    await webhooks.create(receiver.url());
    const { id } = await webhooks.send();
    await webhooks.attempt(id);
    expect(receiver.received).toHaveLength(1);
    expect(await enqueueDue()).toEqual([]);
    await webhooks.hurry(id);
    expect(await enqueueDue()).toEqual([id]);
    failWith(200);
    expect(await webhooks.attempt(id)).toMatchObject({ state: 'succeeded', attempts: 2, pause: null });
  });

  it.each([
    ['nobody listens', 'unreachable'],
    ['the receiver hangs up', 'broken'],
    ['it is no HTTP', 'broken'],
  ])('says why when %s', async (how, error) => {
    await webhooks.create(receiver.url());
    if (how === 'nobody listens') await receiver.close();
    receiver.answer = (response) => {
      if (how === 'it is no HTTP') response.socket?.end('220 ready\r\n');
      else response.socket?.destroy();
    };
    expect(await webhooks.send()).toMatchObject({ state: 'pending', last_status: null, last_error: error });
    if (how === 'nobody listens') receiver = await Receiver.start();
  });
});

describe('R26: attempts', () => {
  it('at one delivery are made by one of many that begin at once', async () => {
    await webhooks.create(receiver.url());
    const [id = ''] = await webhooks.publish();
    await Promise.all(Array.from({ length: 20 }, () => service.app.get(Sender).deliver(id)));
    expect(receiver.received).toHaveLength(1);
    expect(await webhooks.delivery(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  it('at one webhook are made two at a time; the others wait without keeping anybody busy, and none is lost', async () => {
    const held: (() => void)[] = [];
    receiver.answer = (response) => held.push(() => response.writeHead(204).end());
    await webhooks.create(receiver.url());
    const ids: string[] = [];
    for (let count = 0; count < 8; count += 1) ids.push(...(await webhooks.publish()));
    const sender = service.app.get(Sender);
    let idle = 0;
    const running = ids.map((id) => sender.deliver(id).then(() => (idle += 1)));
    // Six of eight workers are free again before the receiver has said a word.
    await eventually(() => held.length === 2 && idle === 6);
    const pump = setInterval(() => held.splice(0).forEach((answer) => answer()), 5);
    await Promise.all(running);
    await eventually(async () => {
      const asked = await service.sql<{ id: string }>(
        `SELECT id FROM webhook_delivery WHERE state = 'pending' AND asked_until IS NOT NULL`,
      );
      await Promise.all(asked.map(({ id }) => sender.deliver(id)));
      return asked.length === 0;
    });
    clearInterval(pump);
    expect(receiver.mostAtOnce).toBe(2);
    expect(receiver.received).toHaveLength(8);
  });

  it('whose worker died are made again once its time is over, and its late word counts for nothing', async () => {
    const gate = Promise.withResolvers<void>();
    receiver.answer = (response) => void gate.promise.then(() => response.writeHead(500).end());
    await webhooks.create(receiver.url());
    const [id = ''] = await webhooks.publish();
    const late = service.app.get(Sender).deliver(id);
    await eventually(() => receiver.received.length === 1);
    await webhooks.attempt(id);
    expect(receiver.received).toHaveLength(1);
    await service.sql('UPDATE webhook_delivery SET claimed_until = now() WHERE id = $1', [id]);
    expect(await enqueueDue()).toEqual([id]);
    failWith(200);
    expect(await webhooks.attempt(id)).toMatchObject({ state: 'succeeded', attempts: 2 });
    gate.resolve();
    await late;
    expect(await webhooks.delivery(id)).toMatchObject({
      state: 'succeeded',
      last_status: 200,
      last_error: null,
    });
  });

  it('whose word comes late, but before another one is made, count', async () => {
    const gate = Promise.withResolvers<void>();
    receiver.answer = (response) => void gate.promise.then(() => response.writeHead(204).end());
    await webhooks.create(receiver.url());
    const [id = ''] = await webhooks.publish();
    const late = service.app.get(Sender).deliver(id);
    await eventually(() => receiver.received.length === 1);
    await service.sql('UPDATE webhook_delivery SET claimed_until = now() WHERE id = $1', [id]);
    expect(await enqueueDue()).toEqual([id]);
    gate.resolve();
    await late;
    expect(await webhooks.attempt(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(receiver.received).toHaveLength(1);
  });

  it('that never come to an end are given up after the last of the schedule', async () => {
    await webhooks.create(receiver.url());
    const [id = ''] = await webhooks.publish();
    await service.sql('UPDATE webhook_delivery SET attempts = 7 WHERE id = $1', [id]);
    expect(await webhooks.attempt(id)).toMatchObject({ state: 'failed', last_error: 'interrupted' });
    expect(receiver.received).toHaveLength(0);
  });
});

describe('R26: a webhook', () => {
  const days = (id: number, count: number) =>
    service.sql(
      `UPDATE webhook_health SET failing_since = now() - make_interval(secs => $2 * 86400.0) WHERE webhook_id = $1`,
      [id, count],
    );

  it('is switched off after five days of nothing but failures, with an audit entry and an event', async () => {
    failWith(500);
    const { id } = await webhooks.create(receiver.url());
    await webhooks.send();
    expect(await health(id)).toEqual({ failing: true, consecutive_failures: 1 });
    await service.sql('UPDATE webhook_health SET consecutive_failures = 6 WHERE webhook_id = $1', [id]);
    await days(id, 4.9);
    await webhooks.send();
    expect(await webhookRow(id)).toMatchObject({ is_active: true });
    await days(id, 5.1);
    const { id: last } = await webhooks.send();
    expect(await webhookRow(id)).toMatchObject({ is_active: false, disabled_reason: 'failing' });
    const [audit] = await service.sql(
      `SELECT actor_id, action, details FROM audit_log WHERE action = 'webhook.disabled' AND subject_id = $1`,
      [String(id)],
    );
    expect(audit).toMatchObject({ actor_id: null, details: { reason: 'failing', failures: 8 } });
    const events = await service.sql(
      `SELECT payload FROM outbox WHERE type = 'webhook.disabled' AND aggregate_id = $1`,
      [String(id)],
    );
    expect(events).toEqual([{ payload: { id, reason: 'failing' } }]);
    await webhooks.hurry(last);
    expect(await webhooks.attempt(last)).toMatchObject({ state: 'failed', last_error: 'webhook_inactive' });
    expect(await webhooks.publish()).toEqual([]);
  });

  it('that is seldom called gets a whole round of attempts before it is switched off', async () => {
    failWith(500);
    const { id } = await webhooks.create(receiver.url());
    await webhooks.send();
    await days(id, 30);
    await webhooks.send();
    expect(await webhookRow(id)).toMatchObject({ is_active: true });
  });

  it('begins anew with every success', async () => {
    failWith(500);
    const { id } = await webhooks.create(receiver.url());
    await webhooks.send();
    failWith(204);
    await webhooks.send();
    expect(await health(id)).toEqual({ failing: false, consecutive_failures: 0 });
  });

  it('whose receiver answers 410 is switched off at once', async () => {
    failWith(410);
    const { id } = await webhooks.create(receiver.url());
    expect(await webhooks.send()).toMatchObject({ state: 'failed', attempts: 1, last_status: 410 });
    expect(await webhookRow(id)).toMatchObject({ is_active: false, disabled_reason: 'gone' });
  });

  it('keeps its author whatever becomes of its deliveries', async () => {
    const { id } = await webhooks.create(receiver.url());
    const before = await webhookRow(id);
    failWith(500);
    await webhooks.send();
    failWith(204);
    await webhooks.send();
    expect(await webhookRow(id)).toEqual(before);
    expect(before?.updated_by).toEqual(expect.any(Number));
  });
});

describe('the log of deliveries', () => {
  it('is kept for 30 days after they are over', async () => {
    await webhooks.create(receiver.url());
    const [old = ''] = await webhooks.publish();
    const [recent = ''] = await webhooks.publish();
    const [open = ''] = await webhooks.publish();
    await webhooks.attempt(old);
    await webhooks.attempt(recent);
    const end = (id: string, count: number) =>
      service.sql(
        `UPDATE webhook_delivery SET finished_at = now() - make_interval(days => $2) WHERE id = $1`,
        [id, count],
      );
    await end(old, 31);
    await end(recent, 29);
    await service.sql(`UPDATE webhook_delivery SET created_at = now() - interval '1 year' WHERE id = $1`, [
      open,
    ]);
    await runScheduled(service, 'webhooks.clean_up');
    const rows = await service.sql<{ id: string }>('SELECT id FROM webhook_delivery ORDER BY id');
    expect(rows.map(({ id }) => id)).toEqual([recent, open]);
  });
});

describe('R26: with the worker running', () => {
  let running: TestApp;
  let token: string;
  beforeAll(async () => {
    running = await startApp({ env: ALLOW, databaseUrl: service.databaseUrl });
    ({ token } = await running.factory.superAdmin());
  });
  afterAll(() => running.close());

  it('one receiver that hangs does not hold up nineteen others', async () => {
    const hooks = new Webhooks(running, token);
    const hanging = await Receiver.start();
    hanging.answer = () => undefined;
    await hooks.create(hanging.url(), ['privilege.created']);
    for (let count = 0; count < 19; count += 1) await hooks.create(receiver.url(), ['privilege.created']);
    const begin = performance.now();
    for (let count = 0; count < 5; count += 1) {
      await running.api.post('/privileges', { token, body: { name: `reports.see_${count}` } });
    }
    await eventually(() => receiver.received.length === 5 * 19, 9_000);
    expect(performance.now() - begin).toBeLessThan(9_000);
    expect(hanging.mostAtOnce).toBe(2);
    await running.sql('UPDATE webhook SET is_active = false');
    await hanging.close();
  });
});

describe('R26: a worker that is killed in the middle of an attempt', () => {
  it('loses nothing: another one makes the attempt again', async () => {
    receiver.answer = () => undefined;
    // Not of its own creation, which the worker tells of as well.
    await webhooks.create(receiver.url(), ['user.created']);
    const [id = ''] = await webhooks.publish();
    const { process: worker } = await ServiceProcess.start({
      DATABASE_URL: service.databaseUrl,
      MIGRATE_ON_START: 'false',
      ...ALLOW,
    });
    await eventually(() => receiver.received.length === 1, 15_000);
    await worker.kill();
    expect(await webhooks.delivery(id)).toMatchObject({ state: 'pending', attempts: 1 });
    failWith(204);
    await webhooks.attempt(id);
    expect(receiver.received).toHaveLength(1);
    await service.sql('UPDATE webhook_delivery SET claimed_until = now() WHERE id = $1', [id]);
    expect(await webhooks.attempt(id)).toMatchObject({ state: 'succeeded', attempts: 2 });
    const [first, second] = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(first).toBe(second);
  });
});
