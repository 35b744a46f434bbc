import { Receiver } from '../support/receiver.js';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { Collector, type ReceivedSpan } from '../support/collector.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/factory.js';
import { describeWithRabbit, RABBITMQ_URL } from '../support/rabbit.js';
import { describeWithRedis, REDIS_URL } from '../support/redis.js';
import { ServiceProcess } from '../support/service-process.js';
import { login, refresh } from '../support/tokens.js';

/** Nobody else would write these. */
const canary = (name: string) => `canary-${name}-5d20c1b7f9`;
const traceparentOf = (traceId: string, flags = '01') => `00-${traceId}-00f067aa0ba902b7-${flags}`;
const STORES = { ...(REDIS_URL && { REDIS_URL }), ...(RABBITMQ_URL && { RABBITMQ_URL }) };

/** Says at the end which modules of OpenTelemetry were loaded. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => {
    if (url.includes('/@opentelemetry/') || url.includes('in-the-middle')) loaded.push(url);
    return next(url, context);
  } });
  process.on('exit', () => process.stdout.write('LOADED ' + JSON.stringify(loaded) + '\\n'));`)}`;
const loadedIn = ({ output }: ServiceProcess) =>
  JSON.parse(/LOADED (.*)/.exec(output)?.[1] ?? 'null') as string[];

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  let collector: Collector;
  let receiver: Receiver;
  let service: ServiceProcess;
  let api: Api;
  let token: string;
  let roleId: number;
  const CREATED = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';

  beforeAll(async () => {
    const databaseUrl = await cloneDatabase();
    const seeding = await startApp({ databaseUrl });
    const admin = await seeding.factory.user({ signIn: false, role: 'SuperAdmin' });
    roleId = await seeding.factory.roleId('User');
    await seeding.close();
    [collector, receiver] = [await Collector.start(), await Receiver.start()];
    ({ process: service, api } = await ServiceProcess.start({
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'info',
      WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${canary('collector')}`,
      OTEL_SERVICE_NAME: 'identity',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging',
      OTEL_BSP_SCHEDULE_DELAY: '200',
      NODE_OPTIONS: `--import="${WATCH}"`,
      ...STORES,
    }));
    token = (await login(api, admin.email)).body.access_token;
    await api.post('/webhooks', {
      token,
      body: {
        url: receiver.url(`/hook/${canary('path')}?key=${canary('url')}`),
        eventTypes: ['user.created'],
      },
    });
    await useSecrets(admin.email);
    const created = await api.post('/users', {
      token,
      headers: { traceparent: traceparentOf(CREATED) },
      body: { firstName: canary('first-name'), roleId, email: `${canary('mail')}@example.com` },
    });
    if (created.status !== 201) throw new Error(created.text);
    // Each of them ends after what it leads to.
    const jobs = ['job webhooks.deliver', 'job webhooks.fan_out', 'job auth.send_invitation'];
    await eventually(() => jobs.every((name) => names(CREATED).has(name)), 30_000);
  }, 90_000);
  afterAll(async () => {
    await service.kill();
    await receiver.close();
    await collector.close();
  });

  const names = (traceId: string) => new Set(collector.trace(traceId).map(({ name }) => name));

  /** Whatever may get into a span, by the way it comes in. */
  async function useSecrets(email: string): Promise<void> {
    await login(api, email, canary('wrong-password'), { 'user-agent': canary('agent') });
    await login(api, `${canary('who')}@example.com`);
    await refresh(api, canary('refresh'));
    await api.get(`/users?search=${canary('search')}&access_token=${canary('query')}`, { token });
    await api.get(`/nowhere/${canary('unmatched')}`, { token: canary('bearer') });
    await api.post('/auth/password/reset', {
      body: { token: canary('reset-token'), newPassword: canary('new') },
    });
    await api.post('/auth/otp/request', { body: { identifier: email } });
  }

  /** The way from a span up to the root, by names. */
  function ancestry(span: ReceivedSpan): string[] {
    const parent = collector.trace(span.traceId).find(({ spanId }) => spanId === span.parentSpanId);
    return parent ? [span.name, ...ancestry(parent)] : [span.name, span.parentSpanId];
  }

  it('is one trace from the request that creates a user to the mail sent and the webhook delivered', () => {
    const spans = collector.trace(CREATED);
    const find = (name: string) => spans.find((span) => span.name === name);
    const root = find('POST /api/v1/users');
    expect(root).toMatchObject({
      kind: 2,
      parentSpanId: '00f067aa0ba902b7',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/v1/users',
        'http.response.status_code': 201,
      },
    });
    const mail = find('message invitation');
    expect(mail && ancestry(mail)).toEqual([
      'message invitation',
      expect.stringMatching(/^job \w+\.\w+$/),
      'POST /api/v1/users',
      '00f067aa0ba902b7',
    ]);
    const delivery = find('webhook delivery');
    expect(delivery && ancestry(delivery)).toEqual([
      'webhook delivery',
      'job webhooks.deliver',
      'job webhooks.fan_out',
      'POST /api/v1/users',
      '00f067aa0ba902b7',
    ]);
  });

  it('has the statements of each step under it, as they are written in the code', () => {
    const statements = collector
      .trace(CREATED)
      .filter(({ attributes }) => attributes['db.system.name'] === 'postgresql');
    const parents = new Set(statements.map((span) => ancestry(span)[1]));
    for (const parent of ['POST /api/v1/users', 'job webhooks.fan_out', 'job webhooks.deliver'])
      expect(parents).toContain(parent);
    const texts = statements.map(({ attributes }) => String(attributes['db.query.text']));
    expect(texts.some((text) => /^INSERT INTO "user"|INSERT INTO outbox/.test(text))).toBe(true);
    // Who a transaction is written for is said by a value written out.
    expect(texts).toContain('BEGIN; SELECT set_config(?, ?, true)');
  });

  describeWithRedis('with Redis', () => {
    it('has commands by their name, without keys and values', () => {
      const commands = collector.spans.filter(({ attributes }) => attributes['db.system.name'] === 'redis');
      expect(commands.length).toBeGreaterThan(0);
      for (const { attributes } of commands) expect(attributes['db.query.text']).toMatch(/^[a-z_]+$/i);
    });
  });

  it('is told to receivers of webhooks: traceparent names the request that delivers', () => {
    const [, traceId, spanId] =
      /^00-(\w{32})-(\w{16})-01$/.exec(String(receiver.received[0]?.headers.traceparent)) ?? [];
    expect(traceId).toBe(CREATED);
    const request = collector.trace(CREATED).find((span) => span.spanId === spanId);
    expect(request).toMatchObject({
      name: 'POST',
      kind: 3,
      attributes: { 'http.response.status_code': 204 },
    });
    expect(request && ancestry(request)[1]).toBe('webhook delivery');
  });

  describeWithRabbit('with RabbitMQ', () => {
    it('has a span for each message', async () => {
      await eventually(() => names(CREATED).has('send user.created'), 10_000);
      const sent = collector.trace(CREATED).find(({ name }) => name === 'send user.created');
      expect(sent).toMatchObject({ kind: 4, attributes: { 'messaging.system': 'rabbitmq' } });
      expect(sent && ancestry(sent)[1]).toBe('POST /api/v1/users');
    });
  });

  it('is in the lines of the log, of what follows in the background too', async () => {
    const lines = () => service.output.split('\n').filter((line) => line.includes(`"traceId":"${CREATED}"`));
    await eventually(() => lines().some((line) => line.includes('"context":"Mailbox"')), 5_000);
    expect(
      lines().some((line) => line.includes('"route":"/api/v1/users"') && line.includes('"msg":"request"')),
    ).toBe(true);
    // One that begins here is named as well.
    await api.get('/users/me', { token, headers: { 'x-request-id': 'begins-here' } });
    const own = () =>
      /"traceId":"(\w{32})".*/.exec(
        service.output.split('\n').find((line) => line.includes('"reqId":"begins-here"')) ?? '',
      )?.[1];
    await eventually(() => own() !== undefined);
    await eventually(() => names(own() ?? '').has('GET /api/v1/users/me'), 5_000);
  });

  it('heeds who asks not to be recorded, and leaves probes out', async () => {
    const unsampled = 'b'.repeat(32);
    await api.get('/users/me', { token, headers: { traceparent: traceparentOf(unsampled, '00') } });
    await api.get('/health/ready');
    const sampled = 'c'.repeat(32);
    await api.get('/users/me', { token, headers: { traceparent: traceparentOf(sampled) } });
    await eventually(() => names(sampled).has('GET /api/v1/users/me'), 5_000);
    expect(collector.trace(unsampled)).toEqual([]);
    expect(collector.spans.filter(({ name }) => name.includes('/health'))).toEqual([]);
  });

  it('names the service as it is set, and sends what the collector wants to be sent along', () => {
    expect(collector.spans[0]?.resource).toMatchObject({
      'service.name': 'identity',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      'deployment.environment.name': 'staging',
    });
    expect(collector.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'x-collector-key': canary('collector') },
    });
  });

  it('S95: no secret, name or address of anybody is in a span', () => {
    expect(collector.spans.length).toBeGreaterThan(100);
    const sent = collector.raw.toString('latin1');
    for (const secret of [
      'canary-',
      PASSWORD,
      'user-1-',
      '@example.com',
      'Bearer',
      '$2b$',
      '{hmac-sha256}',
      '127.0.0.1',
    ])
      expect([secret, sent.includes(secret)]).toEqual([secret, secret === '127.0.0.1']);
    // This machine is where the database and the receivers are; no span says where a caller is.
    const server = collector.spans.filter(({ kind }) => kind === 2);
    expect(
      server.flatMap(({ attributes }) => Object.values(attributes)).filter((value) => value === '127.0.0.1'),
    ).toEqual([]);
    expect(service.output).not.toContain(canary('collector'));
  });

  it('sends what it has before it ends', async () => {
    const last = 'd'.repeat(32);
    await api.get('/users/me', { token, headers: { traceparent: traceparentOf(last) } });
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
    expect(names(last)).toContain('GET /api/v1/users/me');
    // What the test below says is not loaded is here, and would be seen there.
    expect(loadedIn(service).length).toBeGreaterThan(10);
  });
});

it('without OTEL_EXPORTER_OTLP_ENDPOINT nothing of OpenTelemetry is loaded', async () => {
  const { process: service, api } = await ServiceProcess.start({
    DATABASE_URL: await cloneDatabase('untraced'),
    NODE_OPTIONS: `--import="${WATCH}"`,
    ...STORES,
  });
  await api.get('/users/me', { headers: { traceparent: traceparentOf('e'.repeat(32)) } });
  service.signal('SIGTERM');
  await service.exit();
  expect(loadedIn(service)).toEqual([]);
}, 60_000);
