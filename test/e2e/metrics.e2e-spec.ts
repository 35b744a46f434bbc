import { spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { load } from 'js-yaml';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { askedBy } from '../support/promql.js';
import { REDIS_URL } from '../support/redis.js';
import { RABBITMQ_URL } from '../support/rabbit.js';
import { Scrape } from '../support/scrape.js';
import { ServiceProcess } from '../support/service-process.js';
import { login, refresh } from '../support/tokens.js';

/** A port of this machine nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return free;
}

let databaseUrl: string;
let service: ServiceProcess;
let api: Api;
let port: number;
const scrape = () => Scrape.of(`http://127.0.0.1:${port}/metrics`);

beforeAll(async () => {
  databaseUrl = await cloneDatabase();
  const seeding = await startApp({ databaseUrl });
  const { email, roleId } = await seeding.factory.user({ signIn: false });
  const administrator = await seeding.factory.superAdmin();
  await seeding.close();
  port = await freePort();
  ({ process: service, api } = await ServiceProcess.start({
    DATABASE_URL: databaseUrl,
    MANAGEMENT_PORT: String(port),
    LOGIN_RATE_LIMIT: '5',
    ...(REDIS_URL && { REDIS_URL }),
    ...(RABBITMQ_URL && { RABBITMQ_URL }),
  }));
  await useAll(email, administrator.email, roleId);
}, 90_000);
afterAll(() => service.kill());

/** Does one of everything that is counted. */
async function useAll(email: string, administrator: string, roleId: number): Promise<void> {
  const { challengeId } = (
    await api.post<{ challengeId: string }>('/auth/otp/request', { body: { identifier: email } })
  ).body;
  await api.post('/auth/otp/login', { body: { challengeId, code: '000000' } });
  const first = (await login(api, email)).body;
  const next = (await refresh(api, first.refresh_token)).body;
  await refresh(api, next.refresh_token);
  // Its successor has been used: two hold this one.
  expect((await refresh(api, first.refresh_token)).status).toBe(401);
  for (let count = 0; count < 3; count += 1) await login(api, email, 'a wrong one');
  expect((await login(api, email)).status).toBe(429);
  const token = (await login(api, administrator)).body.access_token;
  const body = { firstName: 'New', roleId, email: 'new-one@example.com' };
  const created = await api.post('/users', { token, body });
  expect([created.status, created.text]).toEqual([201, created.text]);
  await api.get('/users/me', { token });
  await eventually(async () => {
    const page = await scrape();
    const kinds = ['sign_in_code', 'invitation'];
    return kinds.every((kind) => page.value('gatehouse_messages_total', { kind, result: 'sent' }) === 1);
  }, 30_000);
}

describe('metrics', () => {
  it('are on the management port and nowhere else, beside the probes', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/health/ready`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/users/me`)).status).toBe(503);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(503);
    for (const path of ['//metrics', '/metrics', '//api/v1/metrics'])
      expect((await api.get(path)).status).toBe(404);
  });

  it('count what has happened', async () => {
    const page = await scrape();
    const counted: [name: string, labels: Record<string, string>, value: number][] = [
      ['gatehouse_logins_total', { method: 'password', result: 'success' }, 2],
      ['gatehouse_logins_total', { method: 'password', result: 'invalid_credentials' }, 3],
      ['gatehouse_logins_total', { method: 'otp', result: 'invalid_code' }, 1],
      ['gatehouse_refreshes_total', { result: 'exchanged' }, 2],
      ['gatehouse_refreshes_total', { result: 'reused' }, 1],
      ['gatehouse_throttled_total', { limit: 'login' }, 1],
      ['gatehouse_http_requests_total', { method: 'POST', route: '/api/v1/users', status: '201' }, 1],
      ['gatehouse_http_request_duration_seconds_count', { method: 'POST', route: '/api/v1/auth/refresh' }, 3],
      ['gatehouse_otp_sends_total', { channel: 'email', purpose: 'sign_in', result: 'sent' }, 1],
      ['gatehouse_messages_total', { channel: 'email', kind: 'invitation', result: 'sent' }, 1],
      ['gatehouse_build_info', { service: 'all-in-one' }, 1],
      ['gatehouse_dependency_up', { dependency: 'postgres' }, 1],
    ];
    for (const [name, labels, value] of counted)
      expect([name, labels, page.value(name, labels)]).toEqual([name, labels, value]);
    for (const name of ['gatehouse_outbox_lag_seconds_count', 'nodejs_gc_duration_seconds_count'])
      expect(page.value(name)).toBeGreaterThan(0);
    expect(page.value('gatehouse_database_connections')).toBeGreaterThan(0);
  });

  it('have names by the conventions of Prometheus, and say what they are', async () => {
    const page = await scrape();
    const ours = [...page.types].filter(([name]) => name.startsWith('gatehouse_'));
    expect(ours.length).toBeGreaterThan(30);
    for (const [name, type] of ours) {
      expect([name, type === 'counter', name.endsWith('_total')]).toEqual([
        name,
        type === 'counter',
        type === 'counter',
      ]);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(page.help.get(name)).toMatch(/^.{6,}[^.]$/);
    }
  });

  it('are all told of in docs/operations.md, which tells of no others', async () => {
    const text = readFileSync('docs/operations.md', 'utf8');
    const documented = new Set(Array.from(text.matchAll(/^\| `(gatehouse_\w+)`/gm), ([, name]) => name));
    const ours = [...(await scrape()).types.keys()].filter((name) => name.startsWith('gatehouse_'));
    expect(new Set(ours)).toEqual(documented);
  });

  it('have no label of what callers choose: a flood of paths, names, agents and methods adds no series', async () => {
    const strange = () => randomBytes(9).toString('base64url');
    const flood = async () => {
      for (let turn = 0; turn < 30; turn += 1)
        await Promise.all(
          ['GET', 'POST', 'DELETE', 'PROPFIND', 'PURGE', 'M-SEARCH', 'OPTIONS', 'PATCH'].map(
            async (method) => {
              const headers = { 'user-agent': strange(), 'x-request-id': strange(), traceparent: strange() };
              await api.call(method, `/${strange()}/${strange()}?${strange()}=${strange()}`, { headers });
              await api.call(method, `/users/${randomInt(1e9)}`, { headers, token: strange() });
              await api.call(method, `/roles/${strange()}`, { headers });
              if (method === 'POST')
                await login(api, `${strange()}@${strange()}.example`, strange(), headers);
            },
          ),
        );
    };
    const names = async () =>
      (await scrape()).series.map(({ name, labels }) => JSON.stringify([name, labels]));
    await flood();
    const before = new Set(await names());
    await flood();
    const added = (await names()).filter((one) => !before.has(one));
    // What works in the background meanwhile is none of it.
    expect(added.filter((one) => !/"gatehouse_(?:job|messages|throttled)|"nodejs_/.test(one))).toEqual([]);
    expect(before.size).toBeLessThan(1_500);
  }, 60_000);

  it('cannot be where something else listens: the start says so', async () => {
    const second = ServiceProcess.launch({ DATABASE_URL: databaseUrl, MANAGEMENT_PORT: String(port) });
    expect(await second.exit()).toBe(1);
    expect(second.output).toContain(
      `Port ${port} is in use. Stop what listens there, or set MANAGEMENT_PORT to another one.`,
    );
  });
});

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

describe('deploy/', () => {
  const RULES = globSync('deploy/prometheus/rules/*.yml').toSorted();
  const rules = RULES.flatMap((file) => (load(readFileSync(file, 'utf8')) as RuleFile).groups).flatMap(
    (group) => group.rules,
  );
  const dashboards = globSync('deploy/grafana/dashboards/*.json').map(
    (file) =>
      JSON.parse(readFileSync(file, 'utf8')) as {
        panels: Panel[];
        annotations: { list: { expr: string }[] };
      },
  );
  const recorded = new Map(
    rules.flatMap((rule) => (rule.record === undefined ? [] : [[rule.record, rule.expr]])),
  );
  const panels = dashboards.flatMap((dashboard) => dashboard.panels).flatMap(({ targets = [] }) => targets);
  /** Prometheus itself adds these to every series. */
  const TARGET = ['job', 'instance'];

  /** The labels a name has, in a scrape or as it is recorded; undefined when there is none of this name. */
  function labelsOf(name: string, page: Scrape): ReadonlySet<string> | undefined {
    const rule = recorded.get(name);
    if (rule !== undefined) return new Set([...askedBy(rule).grouping, ...TARGET]);
    if (name === 'up') return new Set(TARGET);
    const found = page.labels().get(name);
    return found && new Set([...found, ...TARGET]);
  }

  it('asks for metrics and labels that a running service shows, and for no others', async () => {
    const page = await scrape();
    const expressions = [
      ...rules.map(({ expr }) => expr),
      ...panels.map(({ expr }) => expr),
      ...dashboards.flatMap(({ annotations }) => annotations.list.map(({ expr }) => expr)),
    ];
    expect(expressions.length).toBeGreaterThan(70);
    const unknown = expressions.flatMap((expression) => {
      const { selectors, grouping } = askedBy(expression);
      const known = new Set(selectors.flatMap(({ name }) => [...(labelsOf(name, page) ?? [])]));
      return [
        ...selectors.filter(({ name }) => !labelsOf(name, page)).map(({ name }) => name),
        ...selectors.flatMap(({ name, labels }) =>
          labels
            .filter((label) => labelsOf(name, page)?.has(label) === false)
            .map((label) => `${name}{${label}}`),
        ),
        ...grouping.filter((label) => !known.has(label)).map((label) => `by (${label}) in ${expression}`),
      ];
    });
    expect(unknown).toEqual([]);
  });

  it('shows in each legend, and says in each alert, no label but those the expression leaves', async () => {
    const page = await scrape();
    const named = [
      ...panels.map(({ expr, legendFormat }) => ({ expr, text: legendFormat, pattern: /\{\{(\w+)\}\}/g })),
      ...rules.map(({ expr, annotations = {} }) => ({
        expr,
        text: Object.values(annotations).join(' '),
        pattern: /\$labels\.(\w+)/g,
      })),
    ];
    const unknown = named.flatMap(({ expr, text, pattern }) => {
      const { selectors, grouping } = askedBy(expr);
      const left = new Set(
        grouping.length > 0 ? grouping : selectors.flatMap(({ name }) => [...(labelsOf(name, page) ?? [])]),
      );
      return Array.from(text.matchAll(pattern), ([, label = '']) => label)
        .filter((label) => !left.has(label))
        .map((label) => `${label} in ${text}`);
    });
    expect(unknown).toEqual([]);
  });

  it('has a metric that is not there found', () => {
    const page = new Scrape('# TYPE a_total counter\na_total{known="x"} 1\n');
    expect(labelsOf('a_total', page)).toEqual(new Set(['known', ...TARGET]));
    expect(labelsOf('b_total', page)).toBeUndefined();
    expect(askedBy('sum by (x) (rate(a_total{y="1"}[5m])) / b_total')).toEqual({
      selectors: [
        { name: 'a_total', labels: ['y'] },
        { name: 'b_total', labels: [] },
      ],
      grouping: ['x'],
    });
    expect(() => askedBy('sum by (x) rate(a_total[5m)')).toThrow('not PromQL');
  });

  it('leads from each alert to what it means and what to do', () => {
    const headings = Array.from(
      readFileSync('docs/operations.md', 'utf8').matchAll(/^#+ (.+)$/gm),
      ([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
    );
    const alerts = rules.filter(({ alert }) => alert !== undefined);
    expect(alerts.length).toBeGreaterThan(15);
    for (const { alert = '', annotations } of alerts) {
      expect([alert, annotations?.runbook_url]).toEqual([alert, `docs/operations.md#${alert.toLowerCase()}`]);
      expect(headings.filter((heading) => heading === alert.toLowerCase())).toEqual([alert.toLowerCase()]);
      expect(annotations?.summary).toBeTruthy();
    }
  });

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
  (hasPromtool ? describe : describe.skip)('with promtool, where it is installed', () => {
    it('passes its checks, and the tests of its alerts', () => {
      const runs = [
        ['check', 'rules', ...RULES],
        ['check', 'config', 'deploy/prometheus/prometheus.yml'],
        ['test', 'rules', 'deploy/prometheus/tests/alerts.yml'],
      ].map((args) => spawnSync('promtool', args, { encoding: 'utf8' }));
      expect(runs.map(({ status, stdout, stderr }) => (status === 0 ? 0 : stdout + stderr))).toEqual([
        0, 0, 0,
      ]);
    });
  });
});
