import { Client } from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { DATABASE_POOL_SIZE: '10' } });
});
afterAll(() => service.close());

/** Holds the row of a user, so that whoever changes it waits, while `work` is done. */
async function holding<T>(userId: number, work: () => Promise<T>): Promise<T> {
  const gate = new Client({ connectionString: service.databaseUrl });
  await gate.connect();
  try {
    await gate.query('BEGIN');
    await gate.query('SELECT 1 FROM "user" WHERE id = $1 FOR UPDATE', [userId]);
    return await work();
  } finally {
    await gate.query('ROLLBACK');
    await gate.end();
  }
}

const waiting = async () => {
  const [row] = await service.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'gatehouse' AND wait_event_type = 'Lock'`,
  );
  return row?.n ?? 0;
};

it('A23: the changes of one user take a few connections only, and others go on meanwhile', async () => {
  const [busy, other] = [await service.factory.user(), await service.factory.user()];
  const change = ({ token }: typeof busy, firstName: string) =>
    service.api.patch('/users/me', { token, body: { firstName } });
  const { flood, statuses } = await holding(busy.id, async () => {
    const changes = Promise.all(Array.from({ length: 100 }, (_, n) => change(busy, `Name ${n}`)));
    await eventually(async () => (await waiting()) > 0);
    const answers = [];
    for (let n = 0; n < 5; n += 1) answers.push(await change(other, `Other ${n}`));
    expect(await waiting()).toBeLessThanOrEqual(2);
    return { flood: changes, statuses: answers.map(({ status }) => status) };
  });
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  // Those that have waited too long, for the row or for their turn, are told to come again.
  const answers = await flood;
  const unexplained = answers.filter(({ status, headers }) => status !== 200 && !headers['retry-after']);
  expect(unexplained.map(({ status }) => status)).toEqual([]);
  expect(answers.some(({ status }) => status === 200)).toBe(true);
});
