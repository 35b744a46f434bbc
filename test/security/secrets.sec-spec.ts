import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { logOutput } from '../../src/platform/logging/log-output.js';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { assertNoSecretLogged, noteSecretsIn, watchLog } from '../support/canaries.js';
import { TEST_ENVIRONMENT } from '../support/environment.js';
import { cloneDatabase } from '../support/database.js';
import { PASSWORD } from '../support/factory.js';
import { REDIS_URL } from '../support/redis.js';
import { ServiceProcess } from '../support/service-process.js';
import { login, refresh, type TokenBody } from '../support/tokens.js';
import { eventually } from '../support/eventually.js';
import { tokenOf } from '../support/letters.js';

/** Nobody else would write these. */
const canary = (name: string) => `canary-${name}-7f3a91c2e8`;

interface Mailbox {
  readonly items: readonly { readonly to: string; readonly link?: string }[];
}

describe('in a process of its own, logging all it can', () => {
  let databaseUrl: string;
  let service: ServiceProcess;
  let api: Api;
  let database: Client;
  let user: { id: number; email: string };
  let adminEmail: string;
  /** Everything the flows have sent or got that must be nowhere else. */
  const secrets = new Set<string>([PASSWORD]);
  const answers: string[] = [];

  beforeAll(async () => {
    databaseUrl = await cloneDatabase();
    const seeding = await startApp({ databaseUrl });
    user = await seeding.factory.user({ signIn: false });
    adminEmail = (await seeding.factory.user({ signIn: false, role: 'SuperAdmin' })).email;
    await seeding.close();
    const env = { DATABASE_URL: databaseUrl, LOG_LEVEL: 'trace', ...(REDIS_URL && { REDIS_URL }) };
    ({ process: service, api } = await ServiceProcess.start(env));
    // Where tokens and codes are meant to be.
    const isTheirPlace = (path: string) => /\/auth\/(?:login|refresh)$|\/dev\/mailbox$/.test(path);
    api.onResponse((_method, path, { text }) => {
      if (!isTheirPlace(path)) answers.push(text);
    });
    database = new Client({ connectionString: databaseUrl });
    await database.connect();
    await runFlows();
  }, 60_000);
  afterAll(async () => {
    await database.end();
    await service.kill();
  });

  const keep = (body: TokenBody): TokenBody => {
    for (const token of [body.access_token, body.refresh_token]) secrets.add(token);
    return body;
  };

  async function runFlows(): Promise<void> {
    const admin = keep((await login(api, adminEmail)).body);
    const tokens = keep((await login(api, user.email)).body);
    const secret = (name: string) => {
      secrets.add(canary(name));
      return canary(name);
    };
    // Wrong, misspelled, misplaced: wherever a secret may get lost.
    await login(api, user.email, secret('wrong'));
    await login(api, secret('password-as-name'), secret('wrong-too'));
    const form = new URLSearchParams({
      username: user.email,
      password: secret('form'),
      client_secret: secret('client'),
    });
    await api.post('/auth/login', {
      raw: { type: 'application/x-www-form-urlencoded', data: form.toString() },
    });
    await api.post('/auth/login', {
      raw: { type: 'application/json', data: `{"password":"${secret('broken')}"` },
    });
    await api.post('/auth/login', { body: { username: user.email, passwort: secret('unknown-field') } });
    await api.post('/auth/login', { body: { username: user.email, password: [secret('in-a-list')] } });
    await api.post('/auth/login', { raw: { type: 'text/plain', data: secret('plain') } });
    await api.get(`/users/me?access_token=${secret('query')}`);
    await api.get('/users/me', { token: secret('bearer') });
    await api.get('/users/me', {
      headers: { authorization: `Basic ${secret('basic')}`, cookie: `sid=${secret('cookie')}` },
    });
    await refresh(api, secret('refresh'));
    const next = keep((await refresh(api, tokens.refresh_token)).body);
    await api.post('/auth/validate', { token: admin.access_token, body: { token: next.access_token } });
    await api.post('/auth/revoke', { token: next.access_token, body: { token: secret('revoked') } });
    const change = { currentPassword: PASSWORD, newPassword: secret('changed') };
    await api.post('/auth/password/change', { token: next.access_token, body: change });
    await api.post(`/users/${user.id}/password-reset`, { token: admin.access_token });
    let code = '';
    await eventually(async () => {
      const { items } = (await api.get<Mailbox>('//dev/mailbox')).body;
      code = tokenOf(items.find((item) => item.to === user.email && item.link) ?? {});
      return code !== '';
    });
    expect(code).toMatch(/^pr_/);
    secrets.add(code);
    await api.post('/auth/password/reset', { body: { token: code, newPassword: 'short' } });
    const reset = await api.post('/auth/password/reset', {
      body: { token: code, newPassword: secret('reset') },
    });
    expect(reset.status).toBe(204);
    const last = keep((await login(api, user.email, canary('reset'))).body);
    const again = keep((await refresh(api, last.refresh_token)).body);
    keep((await refresh(api, again.refresh_token)).body);
    await refresh(api, last.refresh_token);
    await failInside(admin.access_token, secret('fails'));
    for (const path of ['/users?limit=100', `/users/${user.id}`, '/users/me', `/users/${user.id}/sessions`]) {
      expect((await api.get(path, { token: admin.access_token })).status).toBe(200);
    }
  }

  /** A statement that carries a password's hash fails in the database: the log tells of the failure. */
  async function failInside(token: string, newPassword: string): Promise<void> {
    await database.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'disk full, say' USING DETAIL = NEW::text; END $$`);
    await database.query(
      'CREATE TRIGGER fail BEFORE UPDATE OF password_hash ON user_auth FOR EACH ROW EXECUTE FUNCTION fail()',
    );
    const answer = await api.post('/auth/password/change', {
      token,
      body: { currentPassword: PASSWORD, newPassword },
    });
    expect([answer.status, answer.body.code]).toEqual([500, 'internal_error']);
    await database.query('DROP TRIGGER fail ON user_auth');
  }

  it('S95: no password, token, code, cookie or header of a caller is in the log', () => {
    expect(service.output).toContain('"path":"/api/v1/auth/password/reset"');
    expect(service.output).toContain('disk full, say');
    for (const secret of secrets) expect([secret, service.output.includes(secret)]).toEqual([secret, false]);
    for (const value of Object.entries(TEST_ENVIRONMENT).filter(([name]) => /SECRET|PEPPER/.test(name))) {
      expect([value[0], service.output.includes(value[1])]).toEqual([value[0], false]);
    }
  });

  it('has one line for each request: where from, which, of which trace, by whom, on which route, and how it went', async () => {
    const admin = keep((await login(api, adminEmail)).body);
    const headers = {
      'x-request-id': 'told-apart',
      traceparent: `00-${'4bf9'.repeat(8)}-${'a1'.repeat(8)}-01`,
    };
    await api.get(`/users/${user.id}?access_token=${canary('again')}`, {
      token: admin.access_token,
      headers,
    });
    const linesOf = () =>
      service.output
        .split('\n')
        .filter((line) => line.includes('"reqId":"told-apart"') && line.includes('"msg":"request"'))
        .map((line) => JSON.parse(line) as object);
    await eventually(() => linesOf().length > 0);
    expect(linesOf()).toEqual([
      {
        level: 30,
        time: expect.any(Number) as number,
        reqId: 'told-apart',
        traceId: '4bf9'.repeat(8),
        ip: '127.0.0.1',
        method: 'GET',
        route: '/api/v1/users/:id',
        path: `/api/v1/users/${user.id}`,
        status: 200,
        ms: expect.any(Number) as number,
        actorId: expect.any(Number) as number,
        sessionId: expect.stringMatching(/^\d+$/) as string,
        msg: 'request',
      },
    ]);
    expect(service.output).not.toContain(canary('again'));
  });

  it('S95: nor is a hash of a password, even when a statement with one fails', () => {
    for (const trace of ['$2b$', '{hmac-sha256}', '$argon2', 'Bearer ey', 'rt_', 'pr_']) {
      expect([trace, service.output.includes(trace)]).toEqual([trace, false]);
    }
  });

  it('S95: nothing a caller sends breaks a line of the log', async () => {
    const evil = 'a\u001b[31m\u0085 forged "level":60';
    await api.get('/users/me', {
      headers: { 'user-agent': 'x\u0085\u009b31m', 'x-request-id': 'with space' },
    });
    await login(api, evil, evil);
    await api.get(`/${encodeURIComponent('\r\n{"level":60}')}`);
    const lines = service.output.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    // oxlint-disable-next-line no-control-regex -- control characters are what this rule is about
    expect(lines.filter((line) => /[\u0000-\u001f\u007f]/.test(line))).toEqual([]);
  });

  it('S95: the database holds secrets as hashes only, wherever one looks', async () => {
    const { rows: tables } = await database.query<{ name: string }>(
      `SELECT format('%I', table_name) AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(8);
    for (const { name } of tables) {
      const { rows } = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      const text = rows.map(({ row }) => row).join('\n');
      for (const secret of secrets) {
        const hex = Buffer.from(secret).toString('hex');
        expect([name, secret, text.includes(secret), text.includes(hex)]).toEqual([
          name,
          secret,
          false,
          false,
        ]);
      }
    }
    const { rows } = await database.query<{ row: string }>(
      'SELECT t::text AS row FROM outbox t UNION SELECT t::text FROM audit_log t',
    );
    expect(rows.filter(({ row }) => /\$2b\$|\$argon2|hmac-sha256/.test(row))).toEqual([]);
  });

  it('S7: no answer carries a hash, a column of one, or a secret of somebody', () => {
    expect(answers.length).toBeGreaterThan(15);
    for (const text of answers) {
      expect(text).not.toMatch(/\$2b\$|\$argon2|hmac-sha256|password_?hash|token_?hash|sealed|otp_?mac/i);
      for (const secret of secrets) expect(text.includes(secret)).toBe(false);
    }
  });
});

it('S95: a secret that a service of any test writes to its log fails that test', () => {
  watchLog();
  noteSecretsIn({ user: { currentPassword: canary('watched') }, code: '493817' }, true);
  logOutput.write(`{"msg":"${canary('watched')}"}\n`);
  expect(() => assertNoSecretLogged()).toThrow(canary('watched'));
  logOutput.write('{"time":14938170,"msg":"a number that holds the digits of a code"}\n');
  expect(() => assertNoSecretLogged()).not.toThrow();
  logOutput.write('{"msg":"the code is 493817, they say"}\n');
  expect(() => assertNoSecretLogged()).toThrow('493817');
});

describe('in production', () => {
  let service: ServiceProcess;
  let api: Api;
  beforeAll(async () => {
    ({ process: service, api } = await ServiceProcess.start({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      BCRYPT_COST: '12',
      DOCS_ENABLED: '',
      LOG_LEVEL: 'info',
      PUBLIC_BASE_URL: 'https://id.example.com',
      CORS_ORIGINS: 'https://app.example.com',
      SHUTDOWN_DELAY: '0',
      DATABASE_URL: await cloneDatabase('production'),
    }));
  }, 30_000);
  afterAll(() => service.kill());

  it('S96: what is for developers and operators is not on the public listener', async () => {
    const paths =
      '/docs /docs/ /docs-json /docs-yaml /redoc /redoc/redoc.standalone.js /metrics /dev/mailbox ' +
      '/api/v1/dev/mailbox /api/v1/metrics /debug /debug/pprof /test /actuator /graphql /swagger ' +
      '/.env /.git/config /package.json /main.js /main.js.map /src/main.js.map /server-status';
    for (const path of paths.split(' '))
      expect([path, (await api.get(`/${path}`)).status]).toEqual([path, 404]);
    expect((await api.get('/health/live')).status).toBe(200);
  });

  it('S96: an error in production tells no more than elsewhere', async () => {
    const answer = await api.get('/nowhere');
    expect(answer.body).toMatchObject({ code: 'route_not_found', status: 404 });
    expect(answer.text).not.toMatch(/stack|\.js|node_modules/);
  });

  it('S90: every answer, errors too, carries the headers that keep browsers from harm', async () => {
    const requests = [
      api.get('/health/live'),
      api.get('/users/me'),
      api.get('/nowhere'),
      api.get('//'),
      api.call('DELETE', '/auth/login'),
    ];
    for (const { headers } of await Promise.all(requests)) {
      expect(headers).toMatchObject({
        'strict-transport-security': expect.stringMatching(/max-age=(\d{8,}); includeSubDomains/) as string,
        'content-security-policy': expect.stringContaining("default-src 'none'") as string,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
  });

  it('S90: pages of listed sites may call, no other, however alike it looks', async () => {
    const allowed = async (origin: string) =>
      (await api.get('/health/live', { headers: { origin } })).headers['access-control-allow-origin'];
    expect(await allowed('https://app.example.com')).toBe('https://app.example.com');
    for (const origin of [
      'null',
      '*',
      'http://app.example.com',
      'https://app.example.com.evil.test',
      'https://evilapp.example.com',
      'https://app.example.com:8443',
      'https://APP.example.com.',
      'https://app-example.com',
      'https://example.com',
      'https://sub.app.example.com',
      'https://app.example.com@evil.test',
      'file://',
    ]) {
      const answer = await api.get('/health/live', { headers: { origin } });
      expect([origin, answer.headers['access-control-allow-origin']]).not.toEqual([origin, origin]);
      expect(answer.headers['access-control-allow-origin']).not.toBe('*');
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });
});

it('S97: the versions that are patched against what is known are the ones installed', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  const least: Readonly<Record<string, string>> = {
    fastify: '5.8.5',
    '@nestjs/core': '12.5.0',
    '@nestjs/common': '12.5.0',
    '@nestjs/platform-fastify': '12.5.0',
    typeorm: '1.1.0',
    passport: '0.6.0',
    jsonwebtoken: '9.0.0',
    jose: '6.0.0',
  };
  const value = (version: string) =>
    version.split('.').reduce((sum, part) => sum * 1_000 + Number.parseInt(part, 10), 0);
  for (const [name, minimum] of Object.entries(least)) {
    const installed = packages[`node_modules/${name}`]?.version ?? '0.0.0';
    expect([name, installed, value(installed) >= value(minimum)]).toEqual([name, installed, true]);
  }
});
