import { AccessAudit } from '../../src/access/access-audit.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import type { TestUser } from '../support/factory.js';

interface Entry {
  readonly action: string;
  readonly actor: number | null;
  readonly outcome: string;
  readonly ip: string | null;
  readonly route: string;
  readonly count: number;
  readonly ids: string[] | null;
  readonly networks: string[] | null;
}

let service: TestApp;
afterEach(() => service.close());

const entriesOf = (action: string) =>
  service.sql<Entry>(
    `SELECT action, actor_id AS actor, outcome, host(ip) AS ip, details->>'route' AS route,
       (details->>'count')::int AS count, details->'ids' AS ids, details->'networks' AS networks
     FROM audit_log WHERE action = $1 ORDER BY id`,
    [action],
  );
const flush = () => service.app.get(AccessAudit).flush();

describe('what is refused', () => {
  let user: TestUser;
  beforeEach(async () => {
    service = await startApp();
    user = await service.factory.user();
  });

  const ask = async (path: string) => (await service.api.get(path, { token: user.token })).status;

  it('A17, S77: is audited at once, with who, what and where from', async () => {
    expect(await ask('/users/7/sessions')).toBe(403);
    await eventually(async () => (await entriesOf('access.refused')).length === 1);
    expect(await entriesOf('access.refused')).toEqual([
      {
        action: 'access.refused',
        actor: user.id,
        outcome: 'failure',
        ip: '127.0.0.1',
        route: 'GET /api/v1/users/:id/sessions',
        count: 1,
        ids: ['7'],
        networks: null,
      },
    ]);
  });

  it('A17, S77: again and again is two entries, the second with the count and all ids', async () => {
    for (let id = 1; id <= 40; id += 1) await ask(`/users/${id}`);
    await flush();
    const entries = await entriesOf('access.refused');
    expect(entries.map(({ count }) => count)).toEqual([1, 39]);
    expect(entries.flatMap(({ ids }) => ids)).toEqual(Array.from({ length: 40 }, (_, n) => String(n + 1)));
    await flush();
    expect(await entriesOf('access.refused')).toHaveLength(2);
  });

  it('A17, S77: is told apart by user and by route, and by services as by the guard', async () => {
    const admin = await service.factory.superAdmin();
    const own = await service.api.patch(`/users/${admin.id}`, {
      token: admin.token,
      body: { isActive: false },
    });
    expect(own.status).toBe(403);
    await ask('/users');
    await ask('/roles');
    await flush();
    const found = (await entriesOf('access.refused')).map(({ actor, route }) => [actor, route]);
    expect(found).toEqual([
      [admin.id, 'PATCH /api/v1/users/:id'],
      [user.id, 'GET /api/v1/users'],
      [user.id, 'GET /api/v1/roles'],
    ]);
  });

  it('A17, S77: is audited whatever is asked for in place of an id', async () => {
    // Decoded it is a character that Postgres stores nowhere.
    expect(await ask('/users/%00')).toBe(403);
    expect(await ask('/users/7')).toBe(403);
    await flush();
    const entries = await entriesOf('access.refused');
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(entries.flatMap(({ ids }) => ids ?? [])).toEqual(['7']);
  });

  it('A17, S77: stays a 403 when it cannot be audited, and is audited once it can', async () => {
    await service.sql('ALTER TABLE audit_log RENAME TO audit_log_away');
    expect([await ask('/users'), await ask('/users')]).toEqual([403, 403]);
    await flush();
    await service.sql('ALTER TABLE audit_log_away RENAME TO audit_log');
    expect(await ask('/users')).toBe(403);
    await flush();
    const counts = (await entriesOf('access.refused')).map(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  });
});

describe('what administrators read', () => {
  it('A17, S77: is audited: lists, and single users with all that is theirs', async () => {
    service = await startApp();
    const [admin, user] = [await service.factory.superAdmin(), await service.factory.user()];
    const paths = [
      '/users',
      `/users/${user.id}`,
      `/users/${user.id}/sessions`,
      '/roles/1/privileges',
      '/privileges',
    ];
    for (const path of paths) expect((await service.api.get(path, { token: admin.token })).status).toBe(200);
    expect((await service.api.get('/users/999999', { token: admin.token })).status).toBe(404);
    expect((await service.api.get('/users/me', { token: user.token })).status).toBe(200);
    expect((await service.api.get('/auth/sessions', { token: user.token })).status).toBe(200);
    await flush();
    const found = await entriesOf('access.read');
    expect(found.map(({ route, actor, ids, outcome }) => [route, actor, ids, outcome])).toEqual([
      ['GET /api/v1/users', admin.id, null, 'success'],
      ['GET /api/v1/users/:id', admin.id, [String(user.id)], 'success'],
      ['GET /api/v1/users/:id/sessions', admin.id, [String(user.id)], 'success'],
      ['GET /api/v1/roles/:id/privileges', admin.id, ['1'], 'success'],
      ['GET /api/v1/privileges', admin.id, null, 'success'],
    ]);
  });

  it('A17, S77: is written before the service has stopped', async () => {
    service = await startApp();
    const admin = await service.factory.superAdmin();
    for (let n = 0; n < 3; n += 1) await service.api.get('/users', { token: admin.token });
    await service.app.close();
    const counts = (await entriesOf('access.read')).map(({ count }) => count);
    expect(counts).toEqual([1, 2]);
  });
});

describe('a limit that is reached', () => {
  it('A17, S77: is audited, and a flood of many networks is two entries, not a row each', async () => {
    service = await startApp({ env: { RATE_LIMIT: '2', TRUST_PROXY: '127.0.0.0/8' } });
    const flood = async (from: number) => {
      const headers = { 'x-forwarded-for': `203.0.113.${from}` };
      const answers = [];
      for (let n = 0; n < 4; n += 1) answers.push((await service.api.get('/users/me', { headers })).status);
      return answers;
    };
    for (let from = 1; from <= 20; from += 1) expect(await flood(from)).toEqual([401, 401, 429, 429]);
    await flush();
    const entries = await entriesOf('access.limited');
    expect(entries.map(({ actor, route, count }) => [actor, route, count])).toEqual([
      [null, 'GET /api/v1/users/me', 1],
      [null, 'GET /api/v1/users/me', 39],
    ]);
    expect(entries[1]?.networks).toHaveLength(20);
  });

  it('A17, S77: on no route at all is one entry, whatever is made up', async () => {
    service = await startApp({ env: { RATE_LIMIT: '1' } });
    for (let n = 0; n < 10; n += 1) await service.api.get(`/made-up/${n}`);
    for (let n = 0; n < 5; n += 1) await service.api.get('/users/me');
    await flush();
    const routes = new Set((await entriesOf('access.limited')).map(({ route }) => route));
    expect([...routes].every((route) => ['*', 'GET /api/v1/users/me'].includes(route))).toBe(true);
    expect((await entriesOf('access.limited')).length).toBeLessThanOrEqual(4);
  });
});
