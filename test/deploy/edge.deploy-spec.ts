import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type Server } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';
import { TLS_CERTIFICATE } from '../support/tls-certificate.js';
import { Recorder, send as sendTo, type Sent } from './edge-client.js';
import { Nginx } from './nginx.js';

let service: TestApp;
let nginx: Nginx;
let recorder: Recorder;

beforeAll(async () => {
  service = await startApp({
    env: { PUBLIC_BASE_URL: 'https://localhost', TRUST_PROXY: '127.0.0.1', LOG_LEVEL: 'silent' },
  });
  nginx = await Nginx.start([Number(new URL(service.api.base).port)]);
  recorder = await Recorder.start();
});
afterAll(async () => {
  await nginx?.stop();
  await recorder?.stop();
  await service?.close();
});

const send = (path: string, options: Partial<Sent> = {}) =>
  sendTo(path, { port: nginx.httpsPort, ...options });

async function signedIn() {
  const { token } = await service.factory.userWith('privileges.read', 'users.read');
  return { authorization: `Bearer ${token}` };
}

/** The protocol that a handshake with these options agrees on, or why there was none. */
async function handshake(options: ConnectionOptions): Promise<string> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: nginx.httpsPort,
    ca: TLS_CERTIFICATE,
    servername: 'localhost',
    ...options,
  });
  try {
    await once(socket, 'secureConnect');
    return `${socket.getProtocol()} ${socket.alpnProtocol || ''}`.trim();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'closed';
  } finally {
    socket.destroy();
  }
}

describe('TLS', () => {
  it('speaks 1.3 and 1.2, nothing older, and HTTP/2 with whoever can', async () => {
    expect(await handshake({ minVersion: 'TLSv1.3', ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 h2');
    expect(await handshake({ maxVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] })).toBe('TLSv1.2 http/1.1');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    expect(await handshake(old)).toMatch(/PROTOCOL_VERSION|ECONNRESET/);
  });

  it('has forward secrecy only, and no name but its own', async () => {
    expect(await handshake({ maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES256-GCM-SHA384' })).toMatch(
      /HANDSHAKE_FAILURE/,
    );
    expect(await handshake({ servername: 'evil.example' })).toMatch(/UNRECOGNIZED_NAME|ECONNRESET|ALERT/);
  });

  it('answers a sign-in and a read over HTTP/2', async () => {
    const session = connectHttp2(`https://localhost:${nginx.httpsPort}`, {
      ca: TLS_CERTIFICATE,
      lookup: (_h, _o, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const { authorization } = await signedIn();
    const stream = session.request({ ':path': '/api/v1/users/me', authorization });
    const [headers] = (await once(stream, 'response')) as [Record<string, string | number>];
    stream.resume();
    await once(stream, 'close');
    session.close();
    expect([headers[constants.HTTP2_HEADER_STATUS], headers.etag]).toEqual([
      200,
      expect.stringMatching(/^"/),
    ]);
  });

  it('sends plain requests to https, by its own name, and answers no other', async () => {
    const plain = (host: string) =>
      new Promise((resolve) => {
        const options = {
          host: '127.0.0.1',
          port: nginx.httpPort,
          path: '/recovery?a=1',
          headers: { host },
          agent: false,
        };
        const request = httpRequest(options, ({ statusCode, headers }) =>
          resolve([statusCode, headers.location]),
        );
        request.on('error', ({ message }) => resolve(message)).end();
      });
    expect(await plain('localhost')).toEqual([308, 'https://localhost/recovery?a=1']);
    expect(await plain('evil.example')).toMatch(/hang up|ECONNRESET/);
  });
});

describe('what is passed on', () => {
  it('S17: is the address of the connection, whatever the client says of itself', async () => {
    const port = recorder.port;
    await send('/forwarded', {
      port,
      headers: {
        'x-forwarded-for': '198.51.100.7',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        'x-real-ip': '198.51.100.8',
        forwarded: 'for=198.51.100.9;host=evil.example',
        proxy: 'http://evil.example',
        te: 'trailers',
        x_odd: 'underscored',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    });
    const { headers } = recorder.seen.at(-1) ?? {};
    expect(headers).toEqual({
      host: 'localhost',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      traceparent: expect.stringMatching(/^00-/),
    });
  });

  it('S17: is believed by the service, which remembers the client and not the proxy', async () => {
    const user = await service.factory.user({ signIn: false });
    const answer = await send('/api/v1/auth/login', {
      method: 'POST',
      from: '127.0.0.2',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
      body: JSON.stringify({ username: user.email, password: PASSWORD }),
    });
    expect(answer.status).toBe(200);
    const sessions = await service.sql<{ ip: string }>(
      'SELECT host(ip) AS ip FROM session WHERE user_id = $1',
      [user.id],
    );
    expect(sessions).toEqual([{ ip: '127.0.0.2' }]);
  });

  it('is named by a request id: the client’s if it is plain, else a new one, the same in the answer and the log', async () => {
    const given = await send('/api/v1/health', { headers: { 'x-request-id': 'trace-me.1' } });
    expect(given.headers['x-request-id']).toBe('trace-me.1');
    const made = await send('/api/v1/health', { headers: { 'x-request-id': 'a"b{}' } });
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    const logged = nginx.entries().map((entry) => entry.requestId);
    expect(logged).toEqual(expect.arrayContaining(['trace-me.1', made.headers['x-request-id']]));
  });

  it('S95: is logged without its query', async () => {
    await send('/recovery?token=a-secret-token-of-somebody');
    expect(nginx.entries().at(-1)).toMatchObject({
      path: '/recovery',
      status: expect.any(String),
      address: '127.0.0.1',
    });
    expect(nginx.log).not.toContain('a-secret-token-of-somebody');
  });
});

describe('answers', () => {
  it('have the headers of the service once, and say nothing of nginx but its name', async () => {
    const { headers } = await send('/api/v1/health');
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers.server).toBe('nginx');
  });

  it('are compressed where they are lists, and keep a strong ETag where a change depends on it', async () => {
    const headers = { ...(await signedIn()), 'accept-encoding': 'gzip' };
    const list = await send('/api/v1/privileges?limit=100', { headers });
    expect([list.status, list.headers['content-encoding'], list.headers.vary]).toEqual([
      200,
      'gzip',
      expect.stringContaining('Accept-Encoding'),
    ]);
    expect(JSON.parse(gunzipSync(list.body).toString())).toHaveProperty('items');
    const me = await send('/api/v1/users/me', { headers });
    expect([me.headers['content-encoding'], me.headers.etag]).toEqual([
      undefined,
      expect.stringMatching(/^"/),
    ]);
    const patched = await send('/api/v1/users/me', {
      method: 'PATCH',
      headers: { ...headers, 'content-type': 'application/json', 'if-match': String(me.headers.etag) },
      body: '{"firstName":"Edge"}',
    });
    expect(patched.status).toBe(200);
  });

  it.each([
    [
      'a body that is too large',
      413,
      'payload_too_large',
      { method: 'POST', body: Buffer.alloc(101 * 1024) },
    ],
    ['headers that are too large', 431, 'headers_too_large', { headers: { 'x-large': 'x'.repeat(9_000) } }],
  ])('refuse %s as the service does (RFC 9457)', async (_what, status, code, options) => {
    const refused = await send('/api/v1/auth/login', options);
    expect([refused.status, refused.headers['content-type']]).toEqual([status, 'application/problem+json']);
    const problem = JSON.parse(refused.body.toString()) as Record<string, unknown>;
    expect(problem).toEqual({
      type: `urn:gatehouse:error:${code}`,
      title: expect.any(String),
      status,
      detail: expect.any(String),
      instance: '/',
      code,
      requestId: refused.headers['x-request-id'],
    });
  });

  it('refuse an address that is too long', async () => {
    const refused = await send(`/api/v1/users?q=${'x'.repeat(9_000)}`);
    expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([
      414,
      expect.objectContaining({ code: 'uri_too_long' }),
    ]);
  });

  it('let the largest body and headers through that the service takes', async () => {
    const body = JSON.stringify({ username: 'x', password: 'y'.repeat(99 * 1024) });
    const large = await send('/api/v1/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([large.status, JSON.parse(large.body.toString())]).toEqual([
      400,
      expect.objectContaining({ code: 'validation_failed' }),
    ]);
    expect((await send('/api/v1/health', { headers: { 'x-large': 'x'.repeat(7_000) } })).status).toBe(200);
  });

  it('say that nobody is there, and when to come again', async () => {
    const alone = await Nginx.start([1]);
    try {
      const away = await send('/api/v1/health', { port: alone.httpsPort });
      expect([away.status, away.headers['retry-after'], JSON.parse(away.body.toString())]).toEqual([
        502,
        '5',
        expect.objectContaining({ code: 'service_unavailable' }),
      ]);
    } finally {
      await alone.stop();
    }
  });
});

describe('times', () => {
  const conf =
    readFileSync('deploy/nginx/gatehouse.conf', 'utf8') +
    readFileSync('deploy/nginx/proxy.conf', 'utf8') +
    readFileSync('deploy/nginx/nginx.conf', 'utf8');
  const seconds = (directive: string) => Number(new RegExp(`^ *${directive} (\\d+)s;`, 'm').exec(conf)?.[1]);
  const upstream = Number(/upstream gatehouse \{[\s\S]+?keepalive_timeout (\d+)s;/.exec(conf)?.[1]);

  it('R19: the service keeps a connection longer than nginx does', async () => {
    const { headers } = await service.api.get('/health');
    expect(headers['keep-alive']).toBe('timeout=72');
    expect(upstream).toBeLessThan(72 - 5);
  });

  it('R19: as long as it is told to, for proxies that keep theirs longer', async () => {
    const patient = await startApp({ databaseUrl: service.databaseUrl, env: { KEEP_ALIVE_TIMEOUT: '620' } });
    try {
      expect((await patient.api.get('/health')).headers['keep-alive']).toBe('timeout=620');
    } finally {
      await patient.close();
    }
  });

  it('a request may come as slowly as the service lets it, and is waited for longer than it takes', () => {
    const server: Server = service.app.getHttpServer();
    expect(seconds('client_header_timeout') * 1000).toBeLessThan(server.headersTimeout);
    expect(seconds('proxy_send_timeout') * 1000).toBeLessThanOrEqual(server.requestTimeout);
    expect(seconds('proxy_read_timeout')).toBeGreaterThanOrEqual(25);
    expect(seconds('worker_shutdown_timeout')).toBeGreaterThanOrEqual(seconds('proxy_read_timeout'));
  });
});
