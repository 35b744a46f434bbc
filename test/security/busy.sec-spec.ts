import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { startApp, type TestApp } from '../support/app.js';
import { tally, together } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { waiting, whileHolding } from '../support/locks.js';

const PLACES = 8;
const CROWD = PLACES + 20;
/** Requests that may wait for their turn without a place. */
const WAITING = 4 * PLACES;
/** What becomes of a crowd, by code, when nobody who was let in can be answered. */
const AT_THE_BOUND = { server_busy: CROWD - PLACES, service_unavailable: PLACES };

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { REQUESTS_AT_ONCE: String(PLACES) } });
});
afterAll(() => service.close());

/** Requests that nothing but the end of `work` answers. */
async function whileCrowded(work: (answers: ReturnType<typeof ask>) => Promise<void>): Promise<void> {
  const { token } = await service.factory.user();
  let answers: ReturnType<typeof ask> | undefined;
  await whileHolding(service, async (locks) => {
    await locks.query('LOCK TABLE "user"');
    answers = ask(token);
    await waiting(service, 1);
    await work(answers);
  });
  await answers;
}

const ask = (token: string) =>
  together(CROWD, () =>
    service.api.get<{ code: string }>('/users/me', { token, headers: { 'x-request-id': 'crowd-1' } }),
  );

it('R24: what there is no place for is refused at once and says when to come again; probes are answered', async () => {
  await whileCrowded(async () => {
    // Before anything that holds a place has been answered.
    const refused = await service.api.get('/users/me');
    expect(refused.status).toBe(503);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.headers['retry-after']).toMatch(/^[1-3]$/);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(refused.body).toMatchObject({
      code: 'server_busy',
      instance: '/api/v1/users/me',
      requestId: refused.headers['x-request-id'],
    });
    expect(
      (await service.api.post('/auth/login', { body: { username: 'x', password: 'x' } })).body,
    ).toMatchObject({
      code: 'server_busy',
      error: 'temporarily_unavailable',
    });
    expect((await service.api.get('/health/live')).status).toBe(200);
    // Whatever it says of the database, it has been asked.
    expect((await service.api.get('/health/ready')).body).toHaveProperty('details.database');
  });
});

it('R24: the bound holds for bodies that were begun while there was room and arrive at once', async () => {
  const { token } = await service.factory.user();
  const { hostname, port } = new URL(service.api.base);
  const body = JSON.stringify({ jobTitle: 'Engineer' });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': body.length,
  };
  const begun = Array.from({ length: CROWD }, () => {
    const path = '/api/v1/users/me';
    const one = request({ hostname, port, path, method: 'PATCH', headers });
    one.write(body.slice(0, 5));
    return { one, answer: once(one, 'response') as Promise<[IncomingMessage]> };
  });
  await whileHolding(service, async (locks) => {
    await locks.query('LOCK TABLE "user"');
    // All of them have been let in: one that came before them is answered by now.
    expect((await service.api.get('/health/live')).status).toBe(200);
    for (const { one } of begun) one.end(body.slice(5));
    const answers = await Promise.all(
      begun.map(async ({ answer }) => {
        const [response] = await answer;
        return (JSON.parse(await text(response)) as { code: string }).code;
      }),
    );
    expect(tally(answers)).toEqual(AT_THE_BOUND);
  });
});

it('R24: OAuth clients, who send forms, are refused in their own words; a long body ends the connection', async () => {
  await whileCrowded(async () => {
    const form = await service.api.post('/auth/login', {
      raw: { type: 'application/x-www-form-urlencoded', data: 'username=x&password=x' },
    });
    expect(form.headers['content-type']).toMatch(/^application\/json/);
    expect(form.body).toMatchObject({ code: 'server_busy', error: 'temporarily_unavailable' });
    expect(form.headers.connection).not.toBe('close');
    const long = { raw: { type: 'application/json', data: `"${'x'.repeat(200_000)}"` } };
    const refused = await service.api.post('/auth/login', long);
    expect([refused.status, refused.headers.connection]).toEqual([503, 'close']);
  });
});

it('R24: places come back, whatever has become of those who had them', async () => {
  await whileCrowded(async (answers) => {
    expect(tally((await answers).map(({ body }) => body.code))).toEqual(AT_THE_BOUND);
  });
  const { token } = await service.factory.user();
  await whileHolding(service, async (locks) => {
    await locks.query('LOCK TABLE "user"');
    const { hostname, port } = new URL(service.api.base);
    const gone = Array.from({ length: PLACES }, () =>
      request({ hostname, port, path: '/api/v1/users/me', headers: { authorization: `Bearer ${token}` } }),
    );
    for (const one of gone) one.on('error', () => undefined).end();
    await waiting(service, 1);
    for (const one of gone) one.destroy();
  });
  await eventually(async () => (await service.api.get('/users/me', { token })).status === 200);
  await whileCrowded(async (answers) => {
    expect(tally((await answers).map(({ body }) => body.code))).toEqual(AT_THE_BOUND);
  });
});

it('R39: changes of one user that wait for their turn keep nobody else out', async () => {
  const [busy, other] = [await service.factory.user(), await service.factory.user()];
  const read = () => service.api.get('/users/me', { token: other.token });
  let changes: Promise<unknown> | undefined;
  await whileHolding(service, async (locks) => {
    await locks.query('SELECT 1 FROM "user" WHERE id = $1 FOR UPDATE', [busy.id]);
    changes = together(PLACES, (n) =>
      service.api.patch('/users/me', { token: busy.token, body: { firstName: `Name ${n}` } }),
    );
    await waiting(service, 1);
    // Sooner than any of them gives up.
    await eventually(async () => (await read()).status === 200, 1_000);
    const answers = await together(PLACES / 2, read);
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: PLACES / 2 });
  });
  await changes;
});

it('R24: so many may wait for their turn and no more: then they take places', async () => {
  const [busy, other] = [await service.factory.user(), await service.factory.user()];
  const changes: Promise<unknown>[] = [];
  await whileHolding(service, async (locks) => {
    await locks.query('SELECT 1 FROM "user" WHERE id = $1 FOR UPDATE', [busy.id]);
    let status = 200;
    while (status === 200 && changes.length < 2 * WAITING) {
      const body = { firstName: `Name ${changes.length}` };
      changes.push(service.api.patch('/users/me', { token: busy.token, body }));
      ({ status } = await service.api.get('/users/me', { token: other.token }));
    }
    expect(status).toBe(503);
    expect(changes.length).toBeGreaterThan(WAITING);
  });
  await Promise.all(changes);
  expect((await service.api.get('/users/me', { token: other.token })).status).toBe(200);
});
