import { Client } from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { Browser, exchange } from '../support/browser.js';
import { tally } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { OidcProvider } from '../support/oauth-provider.js';

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

it('A23: a sign-in through a provider takes one connection, so that many at once do not wait for each other', async () => {
  const provider = await OidcProvider.start();
  const OAUTH_PROVIDERS = JSON.stringify([provider.entry('trusted', { trustEmail: true })]);
  const small = await startApp({ env: { DATABASE_POOL_SIZE: '2', WORKER: 'off', OAUTH_PROVIDERS } });
  try {
    const returned = [];
    for (let n = 0; n < 8; n += 1) {
      provider.person = { sub: `subject-${n}`, email: small.factory.email(), email_verified: true };
      returned.push(await new Browser(small.api).go('trusted'));
    }
    const answers = await Promise.all(returned.map((one) => exchange(small.api, one)));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 8 });
  } finally {
    await Promise.all([small.close(), provider.stop()]);
  }
});
