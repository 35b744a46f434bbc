import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import type { TestUser } from '../support/factory.js';
import { type Problem, tally } from './shapes.js';

/** Within this a promotion must have been noticed. Milliseconds. */
const NOTICED_WITHIN = 5_000;

let service: TestApp;
let admin: TestUser;
let database: string;
beforeAll(async () => {
  service = await startApp();
  admin = await service.factory.superAdmin();
  const [row] = await service.sql<{ name: string }>('SELECT current_database() AS name');
  database = row?.name ?? '';
});
afterEach(() => promote());
afterAll(() => service.close());

/** All connections end, and new ones find a server that takes no writes. */
async function demote(): Promise<void> {
  await service.sql(`ALTER DATABASE "${database}" SET default_transaction_read_only = on`);
  await service.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'gatehouse%'`,
  );
}

/** New connections find a server that takes writes; those there are stay where they are. */
async function promote(): Promise<void> {
  await service.sql(`ALTER DATABASE "${database}" RESET default_transaction_read_only`);
}

const readiness = async () => (await service.api.get('/health/ready')).status;
const create = (key?: string) =>
  service.api.post<Problem>('/users', {
    token: admin.token,
    body: { firstName: 'Failover', roleId: admin.roleId, email: service.factory.email() },
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });
const read = () => service.api.get('/users/me', { token: admin.token });

/** Opens connections until the pool is full. */
async function fillPool(): Promise<void> {
  await Promise.all(Array.from({ length: 60 }, read));
}

describe('F4, R32: a database that was demoted', () => {
  it('answers writes with 503 and when to come back, and reads; is not ready; loses nothing', async () => {
    await demote();
    await eventually(async () => (await readiness()) === 503, NOTICED_WITHIN);
    await fillPool();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create()));
    expect(tally(answers)).toEqual({ 503: 20 });
    for (const { headers, body } of answers) {
      expect(body.code).toBe('service_unavailable');
      expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect((await read()).status).toBe(200);
    expect(await service.sql(`SELECT 1 FROM "user" WHERE first_name = 'Failover'`)).toEqual([]);
  }, 30_000);

  it('is given up: once another takes writes, what was refused succeeds when it is sent again', async () => {
    await demote();
    await eventually(async () => (await readiness()) === 503, NOTICED_WITHIN);
    await fillPool();
    await promote();
    const key = `failover-${performance.now()}`;
    const email = service.factory.email();
    const send = () =>
      service.api.post<Problem>('/users', {
        token: admin.token,
        body: { firstName: 'Promoted', roleId: admin.roleId, email },
        headers: { 'idempotency-key': key },
      });
    await eventually(async () => (await send()).status === 201, NOTICED_WITHIN);
    const others = await Promise.all(Array.from({ length: 20 }, () => create()));
    expect(tally(others)).toEqual({ 201: 20 });
    await eventually(async () => (await readiness()) === 200, NOTICED_WITHIN);
    expect(await service.sql(`SELECT 1 FROM "user" WHERE first_name = 'Promoted'`)).toHaveLength(1);
    // Outbox, queues and their workers are there again as well.
    expect((await service.messageTo(email)).to).toBe(email);
  }, 30_000);
});

it('F4: prepares statements anew when a table has changed under them', async () => {
  await fillPool();
  await service.sql('ALTER TABLE role ALTER COLUMN version TYPE bigint');
  const answers = await Promise.all(Array.from({ length: 40 }, read));
  await service.sql('ALTER TABLE role ALTER COLUMN version TYPE integer');
  answers.push(...(await Promise.all(Array.from({ length: 40 }, read))));
  expect(tally(answers)).toEqual({ 200: 80 });
});
