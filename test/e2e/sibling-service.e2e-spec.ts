import {
  type Access,
  type AccessOptions,
  createAccess,
  RevocationList,
  WebhookVerifier,
} from '@gatehouse/access';
import { generateKeyPairSync } from 'node:crypto';
import { createService } from '../../examples/invoices-service/service.js';
import { KeyRotation, PUBLISH_AHEAD } from '../../src/auth/tokens/key-rotation.js';
import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { startApp, type TestApp } from '../support/app.js';
import { forge, hmac, rsa, unsigned } from '../support/forge.js';
import { Receiver } from '../support/receiver.js';
import { claimsOf, headerOf } from '../support/tokens.js';
import { anEvent, startWebhookTest, type Webhooks } from '../support/webhooks.js';

/** Seconds after which a change is seen without events, as the package documents it. */
const SEEN_WITHIN = 5;
const UNKNOWN_KEY_COOLDOWN = 30;
const KEYS_KEPT_FOR = 3_600;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
}

let service: TestApp;
let webhooks: Webhooks;
beforeAll(async () => {
  const started = await startWebhookTest({ WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' });
  ({ service, webhooks } = started);
  const { token } = await service.factory.superAdmin();
  for (const name of ['invoices.read', 'invoices.write']) {
    await service.api.post('/privileges', { token, body: { name } });
  }
});
afterAll(() => service.close());

/** The sample service beside Gatehouse; its clock is moved by hand. */
class Sibling {
  private seconds = 0;
  readonly access: Access;
  readonly app: ReturnType<typeof createService>;

  constructor(options: Partial<AccessOptions> = {}, secret = `whsec_${'A'.repeat(44)}`) {
    const now = () => Date.now() + this.seconds * 1_000;
    const given = { baseUrl: service.api.base, issuer: 'http://gatehouse.test', now, ...options };
    this.access = createAccess(given);
    this.app = createService(this.access, new WebhookVerifier({ secrets: [secret] }));
  }

  pass(seconds: number): void {
    this.seconds += seconds;
  }

  async get(token: string, url = '/invoices'): Promise<Answer> {
    const response = await this.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    const { statusCode: status, headers, body } = response;
    return { status, headers, body: JSON.parse(body) as unknown };
  }

  async status(token: string, url?: string): Promise<number> {
    return (await this.get(token, url)).status;
  }
}

describe('a service beside Gatehouse', () => {
  it('lets in who holds the privilege, and tells others why not', async () => {
    const sibling = new Sibling();
    const reader = await service.factory.userWith('invoices.read');
    const other = await service.factory.user();
    expect(await sibling.get(reader.token)).toMatchObject({ status: 200, body: [] });
    expect(await sibling.get(other.token, '/invoices/mine')).toMatchObject({ status: 200, body: [] });
    expect(await sibling.get(other.token)).toMatchObject({
      status: 403,
      headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) },
      body: { code: 'privilege_required', detail: 'This needs the privilege invoices.read.' },
    });
    const payload = { userId: other.id, text: 'Consulting' };
    const post = (token: string) =>
      sibling.app.inject({
        method: 'POST',
        url: '/invoices',
        headers: { authorization: `Bearer ${token}` },
        payload,
      });
    expect((await post(reader.token)).statusCode).toBe(403);
    const writer = await service.factory.userWith('invoices.read', 'invoices.write');
    expect((await post(writer.token)).statusCode).toBe(201);
    expect(await sibling.get(other.token, '/invoices/mine')).toMatchObject({
      body: [{ number: 1, ...payload }],
    });
  });

  it('refuses every token that Gatehouse has not issued', async () => {
    const sibling = new Sibling();
    const { token } = await service.factory.userWith('invoices.read');
    const [header, claims] = [headerOf(token), claimsOf(token)];
    const ours = rsa(service.app.get(SigningKeys).active.privateKey);
    const other = rsa(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
    const published = await (await fetch(`${service.api.base}/.well-known/jwks.json`)).text();
    const past = Math.floor(Date.now() / 1_000) - 60;
    const answers = await Promise.all(
      [
        forge(header, claims, ours),
        forge({ ...header, alg: 'none' }, claims, unsigned),
        forge({ ...header, alg: 'HS256' }, claims, hmac(published)),
        forge(header, claims, other),
        forge({ ...header, kid: 'unknown' }, claims, other),
        forge({ ...header, typ: 'JWT' }, claims, ours),
        forge(header, { ...claims, iss: service.api.base }, ours),
        forge(header, { ...claims, aud: 'other' }, ours),
        forge(header, { ...claims, exp: past }, ours),
        forge(header, { ...claims, exp: undefined }, ours),
      ].map((candidate) => sibling.get(candidate)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, ...Array(9).fill(401)]);
    expect(answers[1]).toMatchObject({
      headers: {
        'www-authenticate': 'Bearer error="invalid_token"',
        'content-type': expect.stringMatching(/^application\/problem\+json/),
      },
      body: { code: 'invalid_access_token' },
    });
  });

  it('takes tokens of a new key, and of the one before, through a rotation', async () => {
    const sibling = new Sibling();
    const user = await service.factory.userWith('invoices.read');
    expect(await sibling.status(user.token)).toBe(200);
    const next = await service.app.get(KeyRotation).begin();
    await service.sql(
      `UPDATE signing_key SET state_changed_at = now() - make_interval(secs => $1) WHERE state::text = 'pending'`,
      [PUBLISH_AHEAD],
    );
    await service.app.get(KeyRotation).advance();
    const renewed = await service.factory.signIn(user.email);
    expect(headerOf(renewed).kid).toBe(next);
    // Fetched a moment ago: it would know by now, had the key been published as long ahead as it is in earnest.
    expect(await sibling.status(renewed)).toBe(401);
    sibling.pass(UNKNOWN_KEY_COOLDOWN);
    expect(await sibling.status(renewed)).toBe(200);
    expect(await sibling.status(user.token)).toBe(200);
  });

  it('sees within five seconds that a session has ended', async () => {
    const sibling = new Sibling();
    const { token } = await service.factory.userWith('invoices.read');
    expect([await sibling.status(token), await sibling.status(token, '/invoices/mine')]).toEqual([200, 200]);
    await service.api.post('/auth/logout', { token });
    sibling.pass(SEEN_WITHIN);
    expect([await sibling.status(token), await sibling.status(token, '/invoices/mine')]).toEqual([401, 401]);
  });

  it('sees it by introspection, with a token of its own', async () => {
    const own = await service.factory.userWith('tokens.validate');
    const sibling = new Sibling({ serviceToken: () => own.token });
    const { token } = await service.factory.user();
    expect(await sibling.status(token, '/invoices/mine')).toBe(200);
    await service.api.post('/auth/logout', { token });
    sibling.pass(SEEN_WITHIN);
    expect(await sibling.status(token, '/invoices/mine')).toBe(401);
  });

  it('sees within five seconds that a privilege was taken away or given', async () => {
    const sibling = new Sibling();
    const { token, roleId } = await service.factory.userWith('invoices.read');
    const admin = await service.factory.superAdmin();
    const [privilege] = await service.sql<{ id: number }>(
      `SELECT id FROM privilege WHERE name = 'invoices.read'`,
    );
    const set = (privilegeIds: unknown[]) =>
      service.api.put(`/roles/${roleId}/privileges`, { token: admin.token, body: { privilegeIds } });
    expect(await sibling.status(token)).toBe(200);
    expect((await set([])).status).toBe(200);
    sibling.pass(SEEN_WITHIN);
    expect(await sibling.status(token)).toBe(403);
    await set([privilege?.id]);
    sibling.pass(SEEN_WITHIN);
    expect(await sibling.status(token)).toBe(200);
  });

  it('asks about a user who has not called', async () => {
    const own = await service.factory.userWith('access.check');
    const { access } = new Sibling({ serviceToken: () => own.token });
    const reader = await service.factory.userWith('invoices.read');
    await expect(access.checkUser(reader.id, ['invoices.read'])).resolves.toBeUndefined();
    await expect(access.checkUser(reader.id, ['invoices.read', 'invoices.write'])).rejects.toMatchObject({
      status: 403,
      privilege: 'invoices.write',
    });
  });

  it('lets nobody in while Gatehouse is away, and verifies with the last good keys meanwhile', async () => {
    const instance = await startApp({ databaseUrl: service.databaseUrl });
    const reasons: string[] = [];
    const sibling = new Sibling({
      baseUrl: instance.api.base,
      onUnavailable: ({ reason }) => reasons.push(reason),
    });
    const { token } = await service.factory.userWith('invoices.read');
    expect(await sibling.status(token)).toBe(200);
    await instance.close();
    expect(await sibling.status(token)).toBe(200);
    sibling.pass(SEEN_WITHIN);
    expect(await sibling.get(token)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'service_unavailable' },
    });
    expect(reasons).toEqual(['Gatehouse did not answer /api/v1/access/check']);
    sibling.pass(300);
    await expect(sibling.access.verify(token)).resolves.toMatchObject({ expiresAt: claimsOf(token).exp });
    sibling.pass(KEYS_KEPT_FOR);
    expect(await sibling.status(token)).toBe(503);
  }, 30_000);
});

describe('what it hears by webhooks', () => {
  let sibling: Sibling;
  let recorder: Receiver;
  let webhook: { id: number; secret: string };
  let revocations: RevocationList;
  beforeEach(async () => {
    recorder = await Receiver.start();
    webhook = await webhooks.create(recorder.url());
    revocations = new RevocationList();
    sibling = new Sibling({ revocations }, webhook.secret);
    await webhooks.bypass(
      webhook.id,
      `${await sibling.app.listen({ host: '127.0.0.1', port: 0 })}/hooks/gatehouse`,
    );
  });
  afterEach(async () => {
    await webhooks.removeAll();
    await sibling.app.close();
    await recorder.close();
  });

  it('happens once, however often it is told', async () => {
    const { id, token } = await service.factory.user();
    const event = anEvent('user.created', { id });
    const [delivery = ''] = await webhooks.publish(event);
    expect(await webhooks.attempt(delivery)).toMatchObject({ state: 'succeeded', last_status: 204 });
    const manager = await service.factory.userWith('webhooks.manage');
    await service.api.post(`/webhooks/deliveries/${delivery}/replay`, { token: manager.token });
    expect(await webhooks.attempt(delivery)).toMatchObject({ state: 'succeeded', last_status: 204 });
    expect(await sibling.get(token, '/invoices/mine')).toMatchObject({ body: [{ text: 'Set-up fee' }] });
  });

  it('counts at once: the session of somebody disabled has ended', async () => {
    const { id, token } = await service.factory.userWith('invoices.read');
    expect(await sibling.status(token)).toBe(200);
    const admin = await service.factory.superAdmin();
    await service.api.patch(`/users/${id}`, { token: admin.token, body: { isActive: false } });
    const sent = await service.sql<{ id: string; type: string; payload: Record<string, unknown>; at: Date }>(
      `SELECT event_id AS id, type, payload, occurred_at AS at FROM outbox
       WHERE aggregate_id = $1 AND type IN ('session.revoked', 'user.disabled') ORDER BY type`,
      [String(id)],
    );
    expect(sent.map(({ type }) => type)).toEqual(['session.revoked', 'user.disabled']);
    for (const { id: eventId, type, payload, at } of sent) {
      const event = { ...anEvent(type, payload), id: eventId, occurredAt: at.toISOString() };
      expect(await webhooks.send(event)).toMatchObject({ last_status: 204 });
    }
    expect(await sibling.status(token)).toBe(401);
  });

  it('is refused when it was forged, altered or caught and sent again later', async () => {
    const { id, token } = await service.factory.user();
    await webhooks.bypass(webhook.id, recorder.url());
    await webhooks.send(anEvent('user.created', { id }));
    const [message] = recorder.received;
    const kept = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const headers = Object.fromEntries(kept.map((name) => [name, String(message?.headers[name])]));
    const post = async (change: Record<string, string>, payload = message?.body ?? '') => {
      const type = { 'content-type': 'application/json' };
      const request = {
        method: 'POST',
        url: '/hooks/gatehouse',
        headers: { ...type, ...headers, ...change },
      } as const;
      return (await sibling.app.inject({ ...request, payload })).statusCode;
    };
    const old = String(Number(headers['webhook-timestamp']) - 301);
    expect([
      await post({ 'webhook-signature': `v1,${'A'.repeat(43)}=` }),
      await post({}, message?.body.replace(String(id), '1')),
      await post({ 'webhook-timestamp': old }),
    ]).toEqual([401, 401, 401]);
    expect(await sibling.get(token, '/invoices/mine')).toMatchObject({ body: [] });
    expect([await post({}), await post({})]).toEqual([204, 204]);
    expect(await sibling.get(token, '/invoices/mine')).toMatchObject({ body: [{ userId: id }] });
  });
});
