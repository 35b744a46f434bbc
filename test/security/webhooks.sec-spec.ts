import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { HostResolver } from '../../src/platform/outbound/host-resolver.js';
import { OutboundRules } from '../../src/platform/outbound/outbound-rules.js';
import type { TestApp } from '../support/app.js';
import { CERTIFICATE } from '../support/certificate.js';
import { DnsServer } from '../support/dns-server.js';
import { HOSTILE_URLS } from '../support/hostile-urls.js';
import { Receiver } from '../support/receiver.js';
import { startWebhookTest, type WebhookTest } from '../support/webhooks.js';

const PUBLIC = '93.184.215.14';

interface Refusal {
  readonly code: string;
  readonly errors: readonly { readonly field: string; readonly rule: string; readonly message: string }[];
}

/** Answers `addresses`, which a test sets, and lets `service` ask there. */
async function nameServer(service: TestApp, zone: () => readonly string[]) {
  const server = await DnsServer.start(zone);
  service.app.get(HostResolver).dns.setServers([server.address]);
  return server;
}

describe('S92: a service that calls public addresses only', () => {
  let { service, token, webhooks } = {} as WebhookTest;
  let listener: Receiver;
  let addresses: () => string[];
  let dns: DnsServer;
  beforeAll(async () => {
    ({ service, token, webhooks } = await startWebhookTest({}));
    // Every address of this machine, at a port that webhooks may use.
    listener = await Receiver.start({ host: '::', port: 8443, tls: CERTIFICATE });
    addresses = () => [];
    dns = await nameServer(service, () => addresses());
  });
  afterAll(async () => {
    await dns.close();
    await listener.close();
    await service.close();
  });
  beforeEach(() => {
    addresses = () => [];
    listener.connections = 0;
  });
  afterEach(() => webhooks.removeAll());

  const save = (url: string) =>
    service.api.post<Refusal>('/webhooks', { token, body: { url, eventTypes: ['*'] } });

  it('has a list of at least 40 hostile URLs, and a listener that would see a connection', async () => {
    expect(HOSTILE_URLS.length).toBeGreaterThanOrEqual(40);
    await fetch('https://127.0.0.1:8443/').catch(() => undefined);
    expect(listener.connections).toBe(1);
  });

  it.each(HOSTILE_URLS)('refuses to save %s, by the rule %s', async (url, rule) => {
    const { status, body } = await save(url);
    expect({ status, code: body.code, errors: body.errors }).toEqual({
      status: 400,
      code: 'validation_failed',
      errors: [{ field: 'url', rule, message: expect.stringMatching(/^url must /) }],
    });
  });

  it('refuses to change to them, and keeps the URL there was', async () => {
    addresses = () => [PUBLIC];
    const { id } = await webhooks.create('https://receiver.example/');
    for (const [url] of HOSTILE_URLS) {
      const { status } = await service.api.patch(`/webhooks/${id}`, { token, body: { url } });
      expect([url, status]).toEqual([url, 400]);
    }
    const { body } = await service.api.get(`/webhooks/${id}`, { token });
    expect(body).toMatchObject({ url: 'https://receiver.example/' });
  });

  it('calls none of them that is in the database all the same, and the log says why', async () => {
    addresses = () => [PUBLIC];
    const { id } = await webhooks.create('https://receiver.example/');
    const allowed: string[] = [];
    for (const [url, rule] of HOSTILE_URLS) {
      await webhooks.bypass(id, url);
      const { state, last_status, last_error } = await webhooks.send();
      const expected = rule === 'isPublicAddress' ? 'refused_address' : 'refused_url';
      if (state !== 'pending' || last_status !== null || last_error !== expected)
        allowed.push(`${url}: ${last_error}`);
    }
    expect(allowed).toEqual([]);
    expect(listener.connections).toBe(0);
  });

  it.each([
    ['a private one', ['127.0.0.1']],
    ['a public and a private one', [PUBLIC, '127.0.0.1']],
    ['a mapped one', ['::ffff:127.0.0.1']],
    ['a translated one', ['64:ff9b::7f00:1']],
    ['a public one, and a private one of IPv6', [PUBLIC, '::1']],
  ])('refuses a name whose addresses are %s', async (_, found) => {
    addresses = () => found;
    const { status, body } = await save('https://inside.example:8443/');
    expect([status, body.errors[0]?.rule]).toEqual([400, 'isPublicAddress']);
    expect(listener.connections).toBe(0);
  });

  it('refuses a name that was public when it was saved and is private when it is called', async () => {
    addresses = () => [PUBLIC];
    await webhooks.create('https://rebinding.example:8443/');
    for (const found of [['127.0.0.1'], ['::1'], [PUBLIC, '127.0.0.1']]) {
      addresses = () => found;
      expect(await webhooks.send()).toMatchObject({ state: 'pending', last_error: 'refused_address' });
    }
    expect(listener.connections).toBe(0);
  });

  it('takes a name that has no address yet, and says so when it is called', async () => {
    await webhooks.create('https://later.example/');
    expect(await webhooks.send()).toMatchObject({ state: 'pending', last_error: 'unresolved' });
  });

  it('has nothing to set headers by', async () => {
    const { status, body } = await service.api.post<Refusal>('/webhooks', {
      token,
      body: {
        url: 'https://receiver.example/',
        eventTypes: ['*'],
        headers: { Host: 'inside', 'X-A': 'b\r\nHost: c' },
      },
    });
    expect([status, body.errors]).toEqual([
      400,
      [expect.objectContaining({ field: 'headers', rule: 'whitelistValidation' })],
    ]);
  });
});

describe('S92: a call', () => {
  let { service, token, webhooks } = {} as WebhookTest;
  let receiver: Receiver;
  /** Where no webhook may go. */
  let secret: Receiver;
  beforeAll(async () => {
    ({ service, token, webhooks } = await startWebhookTest({ WEBHOOK_ALLOW_CIDRS: '127.0.0.1/32' }));
    secret = await Receiver.start({ host: '127.0.0.2' });
  });
  afterAll(async () => {
    await secret.close();
    await service.close();
  });
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await receiver.close();
    await webhooks.removeAll();
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect: %s is a failure', async (status) => {
    receiver.answer = (response) => response.writeHead(status, { location: secret.url() }).end();
    await webhooks.create(receiver.url());
    expect(await webhooks.send()).toMatchObject({
      state: 'pending',
      last_status: status,
      last_error: 'redirect',
    });
    expect(secret.connections).toBe(0);
  });

  it('uses no proxy of the environment', async () => {
    const before = { ...process.env };
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy'])
      process.env[name] = secret.url('');
    process.env.NODE_USE_ENV_PROXY = '1';
    try {
      await webhooks.create(receiver.url());
      expect(await webhooks.send()).toMatchObject({ state: 'succeeded' });
    } finally {
      process.env = before;
    }
    expect(secret.connections).toBe(0);
  });

  it('goes to the address that was checked, whatever the name server says next', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.1']];
    const dns = await nameServer(service, () => answers.shift() ?? ['127.0.0.2']);
    await webhooks.create('http://receiver.example/');
    const [row] = await service.sql<{ id: number }>('SELECT id FROM webhook');
    await webhooks.bypass(row?.id ?? 0, `http://pinned.example:${receiver.port}/`);
    answers.push(['127.0.0.1'], ['127.0.0.1']);
    dns.questions.length = 0;
    expect(await webhooks.send()).toMatchObject({ state: 'succeeded' });
    expect(dns.questions.map(({ type }) => type).toSorted()).toEqual(['A', 'AAAA']);
    expect(receiver.received[0]?.headers.host).toBe(`pinned.example:${receiver.port}`);
    expect(await webhooks.send()).toMatchObject({ last_error: 'refused_address' });
    expect([receiver.connections, secret.connections]).toEqual([1, 0]);
    await dns.close();
  });

  it('looks at the address it has connected to, and says nothing to another one', async () => {
    await webhooks.create(receiver.url());
    const rules = service.app.get(OutboundRules);
    const check = rules.assertAddress.bind(rules);
    let looks = 0;
    const spy = jest.spyOn(rules, 'assertAddress').mockImplementation((url, address) => {
      looks += 1;
      // The third look is the one after the connection: at the URL, at the address, at the socket.
      check(url, looks === 3 ? '10.0.0.1' : address);
    });
    expect(await webhooks.send()).toMatchObject({ state: 'pending', last_error: 'refused_address' });
    spy.mockRestore();
    expect([looks, receiver.connections, receiver.received.length]).toEqual([3, 1, 0]);
  });

  it('trusts a certificate of the name that was set, and no other', async () => {
    const trusted = getCACertificates('default');
    const secure = await Receiver.start({ tls: CERTIFICATE });
    const dns = await nameServer(service, () => ['127.0.0.1']);
    const { id } = await webhooks.create(`https://hooks.receiver.test:${secure.port}/`);
    expect(await webhooks.send()).toMatchObject({ last_error: 'tls' });
    setDefaultCACertificates([...trusted, CERTIFICATE.cert]);
    try {
      expect(await webhooks.send()).toMatchObject({ state: 'succeeded' });
      await webhooks.bypass(id, `https://other.receiver.test:${secure.port}/`);
      expect(await webhooks.send()).toMatchObject({ last_error: 'tls' });
      await webhooks.bypass(id, `https://127.0.0.1:${secure.port}/`);
      expect(await webhooks.send()).toMatchObject({ last_error: 'tls' });
    } finally {
      setDefaultCACertificates(trusted);
    }
    expect(secure.received).toHaveLength(1);
    await secure.close();
    await dns.close();
  });

  it('ends after ten seconds, whether the receiver says nothing or dribbles', async () => {
    const slow = await Receiver.start();
    receiver.answer = () => undefined;
    slow.answer = (response) => {
      const head = 'HTTP/1.1 200 OK\r\nX-Padding: x'.split('');
      const dribble = setInterval(() => response.socket?.write(head.shift() ?? 'x'), 500);
      response.on('close', () => clearInterval(dribble));
    };
    await webhooks.create(receiver.url());
    await webhooks.create(slow.url());
    const deliveries = await Promise.all((await webhooks.publish()).map((id) => webhooks.attempt(id)));
    for (const delivery of deliveries) {
      expect(delivery).toMatchObject({ state: 'pending', last_status: null, last_error: 'timeout' });
      expect(delivery.last_latency).toBeGreaterThan(9_000);
      // One without an end of all would go on for as long as it dribbles.
      expect(delivery.last_latency).toBeLessThan(15_000);
    }
    await slow.close();
  });

  it('reads 64 KiB of an answer at most, and knows by the status how it went', async () => {
    let written = 0;
    receiver.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (written < 200 * 1024 * 1024 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) return response.once('drain', more);
        }
        return response.end();
      };
      more();
    };
    await webhooks.create(receiver.url());
    const { state, last_status, last_latency } = await webhooks.send();
    expect([state, last_status]).toEqual(['succeeded', 200]);
    expect(last_latency).toBeLessThan(5_000);
    // What the sockets of both sides held.
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it('waits no longer than a second for the rest of an answer that does not come', async () => {
    receiver.answer = (response) => response.writeHead(200, { 'content-length': 10 }).flushHeaders();
    await webhooks.create(receiver.url());
    const { state, last_status, last_latency } = await webhooks.send();
    expect([state, last_status]).toEqual(['succeeded', 200]);
    expect(last_latency).toBeLessThan(3_000);
  });

  it('unpacks nothing', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    receiver.answer = (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb);
    await webhooks.create(receiver.url());
    const before = process.memoryUsage().arrayBuffers;
    expect(await webhooks.send()).toMatchObject({ state: 'succeeded', last_status: 200 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
    expect(receiver.received[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('takes no more than 16 KiB of headers', async () => {
    receiver.answer = (response) => response.writeHead(200, { 'x-long': 'x'.repeat(32 * 1024) }).end();
    await webhooks.create(receiver.url());
    expect(await webhooks.send()).toMatchObject({ last_status: null, last_error: 'broken' });
  });

  it('shows nobody what was answered', async () => {
    receiver.answer = (response) =>
      response.writeHead(500, 'canary-reason', { 'x-canary': 'canary-header' }).end('canary-body');
    const { id } = await webhooks.create(receiver.url());
    await webhooks.send();
    const { text } = await service.api.get(`/webhooks/${id}/deliveries`, { token });
    const rows = await service.sql(
      `SELECT d::text FROM webhook_delivery d UNION ALL SELECT a::text FROM audit_log a
       UNION ALL SELECT o::text FROM outbox o`,
    );
    expect(text).toContain('"lastStatus":500');
    expect(text + JSON.stringify(rows)).not.toContain('canary');
  });
});
