import { request } from 'node:http';
import { startApp, type TestApp } from '../support/app.js';
import { tally, together } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { waiting, whileHolding } from '../support/locks.js';

const PLACES = 8;
const CROWD = PLACES + 20;

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
  together(CROWD, () => service.api.get('/users/me', { token, headers: { 'x-request-id': 'crowd-1' } }));

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

it('R24: places come back, whatever has become of those who had them', async () => {
  await whileCrowded(async (answers) => {
    expect(tally((await answers).map(({ status }) => status))).toHaveProperty('503');
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
  await eventually(async () => {
    const answers = await together(PLACES, () => service.api.get('/users/me', { token }));
    return answers.every(({ status }) => status === 200);
  });
});
