import type { TestApp } from '../support/app.js';
import { Receiver } from '../support/receiver.js';
import { startWebhookTest, type WebhookTest } from '../support/webhooks.js';
import { refusesStrangers } from './guarded.js';
import { type Page, type Problem, walk } from './shapes.js';
import { traces, writerOf } from './traces.js';

interface Webhook {
  readonly id: number;
  readonly url: string;
  readonly description: string | null;
  readonly eventTypes: readonly string[];
  readonly isActive: boolean;
  readonly disabledReason: string | null;
  readonly secret?: string;
}
interface Delivery {
  readonly id: number;
  readonly webhookId: number;
  readonly eventType: string;
  readonly eventId: string;
  readonly state: string;
  readonly attempts: number;
}

const MANAGE = 'webhooks.manage';
const URL_WITH_TOKEN = 'http://127.0.0.1:9/hook?token=canary';

let { service, token, webhooks } = {} as WebhookTest;
beforeAll(async () => {
  ({ service, token, webhooks } = await startWebhookTest({ WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }));
});
afterAll(() => service.close());

const app = (): TestApp => service;
const post = <Body>(path: string, body?: unknown, headers = {}) =>
  service.api.post<Body>(path, { token, body, headers });

describe('GET /webhooks', () => {
  refusesStrangers(app, { method: 'GET', path: '/webhooks' }, MANAGE);

  it.each([
    ['id', 'id ASC'],
    ['-createdAt', 'created_at DESC, id DESC'],
  ])('walks every webhook once in the order %s, without those that are deleted', async (sort, order) => {
    for (let count = 0; count < 4; count += 1) await webhooks.create(URL_WITH_TOKEN);
    const { id } = await webhooks.create(URL_WITH_TOKEN);
    await service.api.delete(`/webhooks/${id}`, { token });
    const expected = await service.sql<{ id: number }>(
      `SELECT id FROM webhook WHERE deleted_at IS NULL ORDER BY ${order}`,
    );
    const pages = await walk<Webhook>(service, token, '/webhooks', `limit=2&sort=${sort}`);
    expect(pages.flat().map((webhook) => webhook.id)).toEqual(expected.map((row) => row.id));
  });
});

describe('POST /webhooks', () => {
  const body = { url: URL_WITH_TOKEN, eventTypes: ['user.*'] };
  refusesStrangers(app, { method: 'POST', path: '/webhooks', body }, MANAGE);

  it('creates one that is on and shows its secret', async () => {
    const response = await post<Webhook>('/webhooks', { ...body, description: ' The CRM ' });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({
      ...body,
      description: 'The CRM',
      isActive: true,
      disabledReason: null,
      secret: expect.stringMatching(/^whsec_/),
    });
  });

  it('leaves one audit entry and one event with the row, without what the URL may hide', async () => {
    const { result, audit, outbox, transactions } = await traces(service, () =>
      post<Webhook>('/webhooks', body),
    );
    const { id } = result.body;
    expect(audit).toMatchObject([{ action: 'webhook.created', subject: `webhook ${id}` }]);
    expect(outbox).toEqual([{ type: 'webhook.created', subject: `webhook ${id}` }]);
    expect(transactions).toEqual([await writerOf(service, 'webhook', id)]);
    const [entry] = await service.sql(
      `SELECT details FROM audit_log WHERE action = 'webhook.created' AND subject_id = $1`,
      [String(id)],
    );
    expect(entry).toEqual({
      details: {
        origin: 'http://127.0.0.1:9',
        description: null,
        eventTypes: body.eventTypes,
        isActive: true,
      },
    });
    const [event] = await service.sql(
      `SELECT payload FROM outbox WHERE type = 'webhook.created' AND aggregate_id = $1`,
      [String(id)],
    );
    expect(event).toEqual({ payload: { id, eventTypes: body.eventTypes, isActive: true } });
  });

  it('keeps the URL in the one spelling that was checked', async () => {
    const response = await post<Webhook>('/webhooks', { ...body, url: 'HTTP://127.1:9/a/../b' });
    expect(response.body.url).toBe('http://127.0.0.1:9/b');
  });

  it('happens once for one key, and shows the secret again', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, second] = [await post('/webhooks', body, headers), await post('/webhooks', body, headers)];
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers['idempotency-replayed']).toBe('true');
  });

  it.each([
    [[]],
    [['']],
    [['user']],
    [['user.']],
    [['User.created']],
    [['*.created']],
    [['user.*', 'user.*']],
    [['user created']],
    [['user.created\n']],
    [Array.from({ length: 51 }, (_, index) => `user.${'a'.repeat(index + 1)}`)],
    [[`user.${'a'.repeat(64)}`]],
  ])('refuses the event types %j', async (eventTypes) => {
    const response = await post<Problem>('/webhooks', { ...body, eventTypes });
    expect([response.status, response.body.errors?.[0]?.field]).toEqual([400, 'eventTypes']);
  });

  it('refuses a URL that is too long as it is sent, when it is made and when it is changed', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN);
    const url = `${URL_WITH_TOKEN}&q=${'ü'.repeat(900)}`;
    for (const { status, body: problem } of [
      await post<Problem>('/webhooks', { ...body, url }),
      await service.api.patch<Problem>(`/webhooks/${id}`, { token, body: { url } }),
    ]) {
      expect([status, problem.errors?.[0]]).toEqual([
        400,
        {
          field: 'url',
          rule: 'maxLength',
          message: 'url must not be longer than 2048 characters as it is sent',
        },
      ]);
    }
  });

  it('names the types of events there are none of, when it is made and when it is changed', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN);
    const eventTypes = ['user.created', 'user.creatd', 'users.*'];
    const answers = [
      await post<Problem>('/webhooks', { ...body, eventTypes }),
      await service.api.patch<Problem>(`/webhooks/${id}`, { token, body: { eventTypes } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toEqual([
        {
          field: 'eventTypes',
          rule: 'isKnown',
          message: 'eventTypes matches no event: user.creatd, users.*; docs/events lists them',
        },
      ]);
    }
  });
});

describe('GET /webhooks/{id}', () => {
  refusesStrangers(app, { method: 'GET', path: '/webhooks/1' }, MANAGE);

  it('answers the webhook', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN, ['user.created']);
    const { status, body } = await service.api.get<Webhook>(`/webhooks/${id}`, { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, url: URL_WITH_TOKEN, eventTypes: ['user.created'] });
    expect(body).not.toHaveProperty('secret');
  });

  it('S75: answers 404 for one that never was and for a deleted one, as every route of its does', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN);
    await service.api.delete(`/webhooks/${id}`, { token });
    for (const gone of [id, 2_147_483_647]) {
      const answers = [
        await service.api.get<Problem>(`/webhooks/${gone}`, { token }),
        await service.api.patch<Problem>(`/webhooks/${gone}`, { token, body: {} }),
        await service.api.delete<Problem>(`/webhooks/${gone}`, { token }),
        await post<Problem>(`/webhooks/${gone}/rotate-secret`),
        await post<Problem>(`/webhooks/${gone}/test`),
        await service.api.get<Problem>(`/webhooks/${gone}/deliveries`, { token }),
      ];
      for (const { status, body } of answers) expect([status, body.code]).toEqual([404, 'webhook_not_found']);
    }
  });
});

describe('PATCH /webhooks/{id}', () => {
  refusesStrangers(app, { method: 'PATCH', path: '/webhooks/1', body: {} }, MANAGE);

  it('changes what is sent and nothing else, with an audit entry and an event', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN, ['user.*']);
    const { result, audit, outbox } = await traces(service, () =>
      service.api.patch<Webhook>(`/webhooks/${id}`, { token, body: { description: 'New' } }),
    );
    expect(result.body).toMatchObject({ url: URL_WITH_TOKEN, description: 'New', eventTypes: ['user.*'] });
    expect(audit).toMatchObject([{ action: 'webhook.updated', subject: `webhook ${id}` }]);
    expect(outbox).toEqual([{ type: 'webhook.updated', subject: `webhook ${id}` }]);
    const empty = await traces(service, () => service.api.patch(`/webhooks/${id}`, { token, body: {} }));
    expect([empty.result.status, empty.transactions]).toEqual([200, []]);
  });

  it('switches on again what the service has switched off, and forgets why', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN);
    await service.sql(`UPDATE webhook SET is_active = false, disabled_reason = 'failing' WHERE id = $1`, [
      id,
    ]);
    await service.sql(
      `UPDATE webhook_health SET failing_since = now() - interval '6 days', consecutive_failures = 50 WHERE webhook_id = $1`,
      [id],
    );
    const { body } = await service.api.patch<Webhook>(`/webhooks/${id}`, { token, body: { isActive: true } });
    expect(body).toMatchObject({ isActive: true, disabledReason: null });
    await webhooks.send();
    const rows = await service.sql('SELECT is_active FROM webhook WHERE id = $1', [id]);
    expect(rows).toEqual([{ is_active: true }]);
  });
});

describe('DELETE /webhooks/{id}', () => {
  refusesStrangers(app, { method: 'DELETE', path: '/webhooks/1' }, MANAGE);

  it('keeps the row, marked as deleted, leaves its traces, and sends no more', async () => {
    const receiver = await Receiver.start();
    const { id } = await webhooks.create(receiver.url());
    const [delivery = ''] = (await webhooks.publish()).slice(-1);
    const { result, audit, outbox } = await traces(service, () =>
      service.api.delete(`/webhooks/${id}`, { token }),
    );
    expect(result.status).toBe(204);
    expect(audit).toMatchObject([{ action: 'webhook.deleted', subject: `webhook ${id}` }]);
    expect(outbox).toEqual([{ type: 'webhook.deleted', subject: `webhook ${id}` }]);
    expect(await webhooks.attempt(delivery)).toMatchObject({
      state: 'failed',
      last_error: 'webhook_inactive',
    });
    expect(receiver.connections).toBe(0);
    await receiver.close();
  });
});

describe('POST /webhooks/{id}/rotate-secret', () => {
  refusesStrangers(app, { method: 'POST', path: '/webhooks/1/rotate-secret' }, MANAGE);

  it('answers a new secret and how long the old one lives, with an audit entry and an event', async () => {
    const { id, secret } = await webhooks.create(URL_WITH_TOKEN);
    const { result, audit, outbox } = await traces(service, () =>
      post<Webhook & { previousSecretEndsAt: string }>(`/webhooks/${id}/rotate-secret`),
    );
    expect(result.status).toBe(200);
    expect(result.body.secret).not.toBe(secret);
    expect(Date.parse(result.body.previousSecretEndsAt)).toBeGreaterThan(Date.now());
    expect(audit).toMatchObject([{ action: 'webhook.secret_rotated', subject: `webhook ${id}` }]);
    expect(outbox).toEqual([{ type: 'webhook.secret_rotated', subject: `webhook ${id}` }]);
  });
});

describe('POST /webhooks/{id}/test', () => {
  refusesStrangers(app, { method: 'POST', path: '/webhooks/1/test' }, MANAGE);

  it('sends a webhook.test, whatever types the webhook asks for, with an audit entry', async () => {
    const receiver = await Receiver.start();
    const { id } = await webhooks.create(receiver.url(), ['role.deleted']);
    const { result, audit } = await traces(service, () => post<Delivery>(`/webhooks/${id}/test`));
    expect(result.status).toBe(202);
    expect(result.body).toMatchObject({
      webhookId: id,
      eventType: 'webhook.test',
      state: 'pending',
      attempts: 0,
    });
    expect(audit).toMatchObject([{ action: 'webhook.tested', subject: `webhook ${id}` }]);
    expect(await webhooks.attempt(String(result.body.id))).toMatchObject({ state: 'succeeded' });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'webhook.test',
      data: { id },
    });
    await receiver.close();
  });

  it('answers 409 when the webhook is off', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN);
    await service.api.patch(`/webhooks/${id}`, { token, body: { isActive: false } });
    const { status, body } = await post<Problem>(`/webhooks/${id}/test`);
    expect([status, body.code]).toEqual([409, 'webhook_inactive']);
  });
});

describe('GET /webhooks/{id}/deliveries', () => {
  refusesStrangers(app, { method: 'GET', path: '/webhooks/1/deliveries' }, MANAGE);

  it('walks the deliveries of the webhook, the newest first, and by their state', async () => {
    const receiver = await Receiver.start();
    const { id } = await webhooks.create(receiver.url(), ['privilege.deleted']);
    const other = await webhooks.create(receiver.url(), ['privilege.deleted']);
    const made: number[] = [];
    for (let count = 0; count < 5; count += 1)
      made.push((await post<Delivery>(`/webhooks/${id}/test`)).body.id);
    await post(`/webhooks/${other.id}/test`);
    await webhooks.attempt(String(made[1]));
    const ids = async (query: string) =>
      (await walk<Delivery>(service, token, `/webhooks/${id}/deliveries`, query)).flat().map((one) => one.id);
    expect(await ids('limit=2')).toEqual(made.toReversed());
    expect(await ids('limit=2&sort=id')).toEqual(made);
    expect(await ids('limit=2&state=succeeded')).toEqual([made[1]]);
    expect(await ids('limit=2&state=pending')).toEqual([4, 3, 2, 0].map((index) => made[index]));
    const { body } = await service.api.get<Page<Delivery>>(`/webhooks/${id}/deliveries?total=true`, {
      token,
    });
    expect(body.total).toEqual({ value: 5, exact: true });
    await receiver.close();
  });

  it.each(['state=lost', 'sort=createdAt', 'limit=0'])('S71: refuses the query %s', async (query) => {
    const { id } = await webhooks.create(URL_WITH_TOKEN);
    const { status } = await service.api.get(`/webhooks/${id}/deliveries?${query}`, { token });
    expect(status).toBe(400);
  });
});

describe('POST /webhooks/deliveries/{id}/replay', () => {
  refusesStrangers(app, { method: 'POST', path: '/webhooks/deliveries/1/replay' }, MANAGE);

  it('sends the event again under its id, with the whole schedule before it, and an audit entry', async () => {
    const receiver = await Receiver.start();
    receiver.answer = (response) => response.writeHead(500).end();
    const { id } = await webhooks.create(receiver.url(), ['privilege.deleted']);
    const { id: delivery, eventId } = (await post<Delivery>(`/webhooks/${id}/test`)).body;
    await service.sql('UPDATE webhook_delivery SET attempts = 6 WHERE id = $1', [delivery]);
    expect(await webhooks.attempt(String(delivery))).toMatchObject({ state: 'failed', attempts: 7 });
    receiver.answer = (response) => response.writeHead(204).end();
    const { result, audit } = await traces(service, () =>
      post<Delivery>(`/webhooks/deliveries/${delivery}/replay`),
    );
    expect(result.status).toBe(202);
    expect(result.body).toMatchObject({ id: delivery, eventId, state: 'pending', attempts: 0 });
    expect(audit).toMatchObject([{ action: 'webhook.delivery_replayed', subject: `webhook ${id}` }]);
    expect(await webhooks.attempt(String(delivery))).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([eventId, eventId]);
    await receiver.close();
  });

  it('answers 409 while it is being made, and when the webhook is off', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN, ['privilege.deleted']);
    const { id: delivery } = (await post<Delivery>(`/webhooks/${id}/test`)).body;
    await service.sql(
      `UPDATE webhook_delivery SET claim = gen_random_uuid(), claimed_until = now() + interval '30 s' WHERE id = $1`,
      [delivery],
    );
    const replay = () => post<Problem>(`/webhooks/deliveries/${delivery}/replay`);
    expect((await replay()).body.code).toBe('delivery_in_progress');
    await service.api.patch(`/webhooks/${id}`, { token, body: { isActive: false } });
    const { status, body } = await replay();
    expect([status, body.code]).toEqual([409, 'webhook_inactive']);
  });

  it('answers 404 for one that is not there, and for one of a deleted webhook', async () => {
    const { id } = await webhooks.create(URL_WITH_TOKEN, ['privilege.deleted']);
    const { id: delivery } = (await post<Delivery>(`/webhooks/${id}/test`)).body;
    await service.api.delete(`/webhooks/${id}`, { token });
    for (const gone of [delivery, Number.MAX_SAFE_INTEGER]) {
      const { status, body } = await post<Problem>(`/webhooks/deliveries/${gone}/replay`);
      expect([status, body.code]).toEqual([404, 'delivery_not_found']);
    }
  });
});
