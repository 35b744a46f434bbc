import { DataSource } from 'typeorm';
import { HealthService } from '../../src/health/health.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { cloneDatabase } from '../support/database.js';
import { PASSWORD } from '../support/factory.js';
import { type DatabaseProxy, proxyTo } from '../support/database-proxy.js';
import { type Problem, tally } from './shapes.js';

const PATHS = ['/health', '/health/live', '/health/ready', '/health/startup'];
const UP = {
  status: 'ok',
  info: { database: { status: 'up' } },
  error: {},
  details: { database: { status: 'up' } },
};
const DOWN = {
  status: 'error',
  info: {},
  error: { database: { status: 'down' } },
  details: { database: { status: 'down' } },
};

let proxy: DatabaseProxy;
let service: TestApp;
beforeAll(async () => {
  proxy = await proxyTo(await cloneDatabase());
  service = await startApp({ databaseUrl: proxy.url, env: { WORKER: 'off' } });
});
beforeEach(letTimePass);
afterEach(() => {
  jest.restoreAllMocks();
  proxy.mend();
});
afterAll(async () => {
  await service.close();
  proxy.close();
});

const get = <Body = object>(path: string) => service.api.get<Body>(path);

/** Counts what the service asks its database from now on. */
const countQueries = () => jest.spyOn(service.app.get(DataSource), 'query').mockClear();

let lead = 0;
/** Moves the clock that results are kept by on, by more than they are kept. */
function letTimePass(): void {
  lead += 1_001;
  jest.restoreAllMocks();
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + lead);
}

describe.each(PATHS)('GET %s', (path) => {
  it('is public', async () => {
    expect((await get(path)).status).toBe(200);
  });
});

describe('GET /health', () => {
  it('answers how the database is', async () => {
    const response = await get('/health');
    expect(response.body).toMatchObject(UP);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('answers 503 while the database is away, without saying why or where', async () => {
    proxy.cut();
    const response = await get('/health');
    expect(response.status).toBe(503);
    expect(response.body).toEqual(DOWN);
  });
});

describe('GET /health/live', () => {
  it('touches no dependency', async () => {
    const queries = countQueries();
    const responses = await Promise.all(Array.from({ length: 20 }, () => get('/health/live')));
    expect(tally(responses)).toEqual({ 200: 20 });
    expect(queries).not.toHaveBeenCalled();
  });

  it('answers 200 while the database is away', async () => {
    proxy.cut();
    expect((await get('/health/live')).status).toBe(200);
  });
});

describe('GET /health/ready', () => {
  it('answers 503 while the database is away, and 200 when it is back', async () => {
    proxy.cut();
    const away = await get('/health/ready');
    expect(away.status).toBe(503);
    expect(away.body).toEqual(DOWN);
    proxy.mend();
    letTimePass();
    const back = await get('/health/ready');
    expect(back.status).toBe(200);
    expect(back.body).toMatchObject(UP);
  });

  it('asks the database once for 50 callers, and no more within a second', async () => {
    const queries = countQueries();
    const responses = await Promise.all(Array.from({ length: 50 }, () => get('/health/ready')));
    expect(tally(responses)).toEqual({ 200: 50 });
    expect(queries).toHaveBeenCalledTimes(1);
    await Promise.all(['/health', '/health/ready', '/health/startup'].map(get));
    expect(queries).toHaveBeenCalledTimes(1);
  });

  it('asks again after a second', async () => {
    await get('/health/ready');
    letTimePass();
    const queries = countQueries();
    await get('/health/ready');
    expect(queries).toHaveBeenCalledTimes(1);
  });

  it('keeps bad news no longer than good news', async () => {
    proxy.cut();
    const responses = await Promise.all(Array.from({ length: 10 }, () => get('/health/ready')));
    expect(tally(responses)).toEqual({ 503: 10 });
    proxy.mend();
    letTimePass();
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('answers 503 from the moment the service stops, while it is still alive', async () => {
    const stopping = await startApp({ databaseUrl: service.databaseUrl });
    try {
      expect((await stopping.api.get('/health/ready')).status).toBe(200);
      await stopping.app.get(HealthService).beforeApplicationShutdown();
      const response = await stopping.api.get<{ status: string }>('/health/ready');
      expect([response.status, response.body.status]).toEqual([503, 'shutting_down']);
      expect((await stopping.api.get('/health/live')).status).toBe(200);
    } finally {
      await stopping.close();
    }
  });
});

describe('GET /health/startup', () => {
  it('answers 503 until the database has answered once, and 200 from then on', async () => {
    const starting = await startApp({ databaseUrl: service.databaseUrl });
    try {
      const answer = async () => (await starting.api.get('/health/startup')).status;
      proxy.cut();
      expect(await answer()).toBe(503);
      proxy.mend();
      letTimePass();
      expect(await answer()).toBe(200);
      proxy.cut();
      letTimePass();
      expect(await answer()).toBe(200);
    } finally {
      await starting.close();
    }
  });
});

describe('a service whose database is away', () => {
  it('answers 503 and when to come back, never 401 or 500, and goes on when it is back', async () => {
    const user = await service.factory.superAdmin();
    const calls = () =>
      Promise.all([
        service.api.get<Problem>('/users/me', { token: user.token }),
        service.api.get<Problem>('/users', { token: user.token }),
        service.api.patch<Problem>('/users/me', { token: user.token, body: { firstName: 'Ada' } }),
        service.api.post<Problem>('/auth/login', { body: { username: user.email, password: PASSWORD } }),
      ]);
    proxy.cut();
    for (const { status, headers, body } of await calls()) {
      expect([status, body.code]).toEqual([503, 'service_unavailable']);
      expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    proxy.mend();
    expect(tally(await calls())).toEqual({ 200: 4 });
  });

  it('answers 503 to requests that it cuts short', async () => {
    const { token } = await service.factory.superAdmin();
    const requests = Array.from({ length: 20 }, () =>
      service.api.post<Problem>('/users', {
        token,
        body: { firstName: 'Cut', roleId: 4, email: service.factory.email() },
      }),
    );
    const first = Promise.race(requests);
    await first;
    proxy.cut();
    const statuses = Object.keys(tally(await Promise.all(requests)));
    expect(statuses.filter((status) => !['201', '503'].includes(status))).toEqual([]);
    proxy.mend();
    // Whatever was answered with 201 is there in full, and nothing is there in part.
    const cut = await service.sql<{ id: number; halves: boolean }>(
      `SELECT u.id, (SELECT count(*) FROM user_identity i WHERE i.user_id = u.id) <> 1
         OR (SELECT count(*) FROM outbox o WHERE o.aggregate_type = 'user' AND o.aggregate_id = u.id::text) <> 1 AS halves
       FROM "user" u WHERE first_name = 'Cut'`,
    );
    expect(cut.filter(({ halves }) => halves)).toEqual([]);
    const withCredentials = await service.sql('SELECT id FROM user_auth WHERE user_id = ANY($1)', [
      cut.map(({ id }) => id),
    ]);
    expect(withCredentials).toHaveLength(cut.length);
  });
});
