import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { eventually } from '../support/eventually.js';
import { Receiver, type Received } from '../support/receiver.js';
import { anEvent, startWebhookTest, type WebhookTest } from '../support/webhooks.js';

/** The sample of the documentation, as its readers run it. */
class Sample {
  output = '';
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  static async start(secret: string): Promise<Sample> {
    const env = { PATH: process.env.PATH, WEBHOOK_SECRET: secret, PORT: '0' };
    const child = spawn(process.execPath, [resolve('examples/webhook-receiver.mjs')], { env });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new Sample(child, `${/http:\S+/.exec(line.toString())?.[0]}/hook`);
  }

  /** Answers the status. */
  async post({ headers, body }: { headers: Received['headers']; body: string }): Promise<number> {
    const kept = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const given = Object.fromEntries(kept.map((name) => [name, String(headers[name])]));
    return (await fetch(this.url, { method: 'POST', headers: given, body })).status;
  }

  async stop(): Promise<void> {
    this.child.kill();
    await once(this.child, 'exit');
  }
}

describe('S93: a signed webhook', () => {
  let { service, token, webhooks } = {} as WebhookTest;
  beforeAll(async () => {
    ({ service, token, webhooks } = await startWebhookTest({ WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }));
  });
  afterAll(() => service.close());
  afterEach(() => webhooks.removeAll());

  const rotate = async (id: number) =>
    (await service.api.post<{ secret: string }>(`/webhooks/${id}/rotate-secret`, { token })).body.secret;

  it('is taken by the receiver of the documentation, once however often it comes', async () => {
    const recorder = await Receiver.start();
    const { id, secret } = await webhooks.create(recorder.url());
    const sample = await Sample.start(secret);
    await webhooks.bypass(id, sample.url);
    const [delivery = ''] = await webhooks.publish(anEvent('user.created', { id: 7, name: 'Ada “ü” 🙂' }));
    expect(await webhooks.attempt(delivery)).toMatchObject({ state: 'succeeded', last_status: 204 });
    await service.api.post(`/webhooks/deliveries/${delivery}/replay`, { token });
    expect(await webhooks.attempt(delivery)).toMatchObject({ state: 'succeeded', last_status: 204 });
    await eventually(() => sample.output.includes('user.created'));
    expect(sample.output.match(/user\.created/g)).toHaveLength(1);
    expect(sample.output).toContain('"name":"Ada “ü” 🙂"');
    await sample.stop();
    await recorder.close();
  });

  it('is refused by it when it was altered, is older than five minutes, or signed by somebody else', async () => {
    const recorder = await Receiver.start();
    const { secret } = await webhooks.create(recorder.url());
    await webhooks.send();
    const sample = await Sample.start(secret);
    const [message] = recorder.received;
    if (!message) throw new Error('Nothing was received');
    const { headers, body } = message;
    const changed = (change: Record<string, string>) =>
      sample.post({ headers: { ...headers, ...change }, body });
    const signedAt = (seconds: number) => {
      const time = String(Math.floor(Date.now() / 1000) + seconds);
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      const content = `${String(headers['webhook-id'])}.${time}.${body}`;
      const signature = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
      return changed({ 'webhook-timestamp': time, 'webhook-signature': signature });
    };
    expect(await sample.post(message)).toBe(204);
    expect(await sample.post({ headers, body: body.replace('7', '8') })).toBe(401);
    expect(await changed({ 'webhook-id': 'another' })).toBe(401);
    expect(await changed({ 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toBe(
      401,
    );
    for (const signature of ['', 'v1,', 'v1,AAAA', `v2${String(headers['webhook-signature']).slice(2)}`])
      expect(await changed({ 'webhook-signature': signature })).toBe(401);
    expect([await signedAt(-290), await signedAt(290)]).toEqual([204, 204]);
    expect([await signedAt(-310), await signedAt(310)]).toEqual([401, 401]);
    expect(await changed({ 'webhook-timestamp': 'NaN' })).toBe(401);
    await sample.stop();
    await recorder.close();
  });

  it('is signed by both secrets for a day after a rotation, by the new one alone afterwards', async () => {
    const { id, secret: old } = await webhooks.create('http://127.0.0.1:1/');
    const renewed = await rotate(id);
    expect(renewed).not.toBe(old);
    const before = await Sample.start(old);
    const after = await Sample.start(renewed);
    const statuses = async () => {
      const found: (number | null)[] = [];
      for (const { url } of [before, after]) {
        await webhooks.bypass(id, url);
        found.push((await webhooks.send()).last_status);
      }
      return found;
    };
    expect(await statuses()).toEqual([204, 204]);
    const [{ hours } = { hours: 0 }] = await service.sql<{ hours: number }>(
      'SELECT extract(epoch FROM previous_secret_ends_at - now())::float8 / 3600 AS hours FROM webhook',
    );
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    // Further back than the clock of a process may be behind the database's: half the time that asking it took.
    await service.sql(`UPDATE webhook SET previous_secret_ends_at = now() - interval '1 second'`);
    expect(await statuses()).toEqual([401, 204]);
    await before.stop();
    await after.stop();
  });

  it('has a secret that is shown when it is made and never again', async () => {
    const { id, secret } = await webhooks.create('http://127.0.0.1:1/');
    const renewed = await rotate(id);
    for (const one of [secret, renewed]) expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const paths = ['/webhooks', `/webhooks/${id}`, `/webhooks/${id}/deliveries`];
    const answers = await Promise.all(paths.map((path) => service.api.get(path, { token })));
    const patched = await service.api.patch(`/webhooks/${id}`, { token, body: { description: 'x' } });
    for (const { text } of [...answers, patched]) expect(text).not.toContain('whsec_');
  });

  it('has a secret that is sealed at rest, kept answers included, and bound to its webhook', async () => {
    const headers = { 'idempotency-key': 'make-one' };
    const body = { url: 'http://127.0.0.1:1/', eventTypes: ['*'] };
    const make = () =>
      service.api.post<{ id: number; secret: string }>('/webhooks', { token, headers, body });
    const { id, secret } = (await make()).body;
    expect((await make()).body).toMatchObject({ id, secret });
    await webhooks.publish();
    const base64 = secret.slice('whsec_'.length);
    const key = Buffer.from(base64, 'base64');
    const tables = await service.sql<{ name: string }>(
      `SELECT table_schema || '.' || quote_ident(table_name) AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const rows = await service.sql<{ line: string }>(`SELECT t::text AS line FROM ${name} t`);
      const text = rows.map(({ line }) => line).join('\n');
      for (const form of [base64, key.toString('hex'), key.toString('base64url')])
        expect([name, text.includes(form)]).toEqual([name, false]);
    }
    const other = await webhooks.create('http://127.0.0.1:1/');
    await service.sql(
      'UPDATE webhook SET sealed_secret = (SELECT sealed_secret FROM webhook WHERE id = $1) WHERE id = $2',
      [id, other.id],
    );
    const [, swapped = ''] = await webhooks.publish();
    expect(await webhooks.attempt(swapped)).toMatchObject({ last_status: null, last_error: 'internal' });
  });
});
