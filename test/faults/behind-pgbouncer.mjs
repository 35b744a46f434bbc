// R34: behind PgBouncer in transaction mode with its default settings: three processes start at once after one was killed
// while it migrated, serve, hear events (at once where DATABASE_DIRECT_URL leads past it), and stop.
import { eventually, percentile, seconds } from '../support/drill-tools.mjs';
import { jsonClient } from '../support/json-client.mjs';
import { openPgbouncer, pgbouncerVersion } from '../support/pgbouncer.mjs';

export const id = 'R34';
export const perStore = false;
export const limit = 180_000;

const ADMINISTRATOR = { username: 'admin@example.com', password: 'correct horse battery staple' };
const ENVIRONMENT = {
  SERVICE: 'all-in-one',
  ADMIN_EMAIL: ADMINISTRATOR.username,
  ADMIN_PASSWORD: ADMINISTRATOR.password,
};
const PROCESSES = 3;

async function emptyDatabase(rig) {
  const url = new URL(rig.server.url);
  const name = `${rig.server.template.replace(/_template$/, '')}_pgbouncer`;
  url.pathname = `/${name}`;
  const admin = rig.sql(rig.server.url);
  await admin(`CREATE DATABASE "${name}"`);
  rig.defer(() => admin(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
  return { url: url.href, sql: rig.sql(url.href) };
}

const LOCKED = `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** One that dies with the lock in its hands must not keep the others waiting. */
async function killWhileItMigrates(rig, env, sql) {
  const dying = rig.service(env).catch(() => undefined);
  await eventually('the lock is taken', async () => (await sql(LOCKED))[0].n > 0, 30_000, 2);
  rig.killServices();
  await dying;
}

/** So many requests at once over all processes; answers how many of them were not answered with 200. */
async function failuresOf(services, token, count) {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      fetch(`${services[i % services.length].url}/api/v1/users/me`, {
        headers: { authorization: `Bearer ${token}` },
      }),
    ),
  );
  return answers.filter(({ status }) => status !== 200).length;
}

/** Milliseconds from a change until its event has been handed to the queues, one value per change. */
async function latencies(service, sql, token, count) {
  const post = jsonClient(service.url);
  const [{ id: roleId }] = await sql(`SELECT id FROM role WHERE name = 'User' AND deleted_at IS NULL`);
  for (let i = 0; i < count; i += 1) {
    await post(
      '/users',
      { firstName: 'Drill', email: `${crypto.randomUUID()}@example.com`, roleId },
      201,
      token,
    );
  }
  const open = 'SELECT count(*)::int AS n FROM outbox WHERE published_at IS NULL';
  await eventually('every event told', async () => (await sql(open))[0].n === 0, 30_000);
  const jobs = `SELECT count(*)::int AS n FROM bullmq.job WHERE state IN ('waiting', 'active')`;
  await eventually('every job done', async () => (await sql(jobs))[0].n === 0, 30_000);
  const rows = await sql(
    `SELECT extract(epoch FROM published_at - occurred_at)::float8 * 1000 AS ms FROM outbox WHERE type = 'user.created'`,
  );
  return rows.map(({ ms }) => ms);
}

export async function run(rig, { isQuick }) {
  const version = pgbouncerVersion();
  if (version === null) return { isSkipped: true, figure: 'PgBouncer is not installed' };
  const { url, sql } = await emptyDatabase(rig);
  const pooled = await openPgbouncer(rig, url);
  const env = { ...ENVIRONMENT, DATABASE_URL: pooled };

  await killWhileItMigrates(rig, env, sql);
  const startedAt = performance.now();
  const services = await Promise.all(Array.from({ length: PROCESSES }, () => rig.service(env)));
  const start = performance.now() - startedAt;
  const { access_token: token } = await jsonClient(services[0].url)('/auth/login', ADMINISTRATOR, 200);

  const count = isQuick ? 300 : 3_000;
  let failed = 0;
  for (let done = 0; done < count; done += 60) failed += await failuresOf(services, token, 60);
  const polled = await latencies(services[0], sql, token, 10);
  const [{ n: locks }] = await sql(LOCKED);
  const [leaked] = await rig.sql(pooled)(
    `SELECT current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path`,
  );
  const isLeaked = leaked.timeout !== '0' || leaked.path !== '"$user", public';
  const stops = await Promise.all(services.map(stop));

  await sql(`DELETE FROM outbox WHERE type = 'user.created'`);
  const direct = await rig.service({ ...env, DATABASE_DIRECT_URL: url });
  const heard = await latencies(direct, sql, token, 10);
  stops.push(await stop(direct));

  const slowest = { polled: percentile(polled, 1), heard: percentile(heard, 1) };
  return {
    isPassed:
      failed === 0 &&
      locks === 0 &&
      !isLeaked &&
      stops.every((code) => code === 0) &&
      slowest.polled < 3_000 &&
      slowest.heard < 900,
    figure:
      `PgBouncer ${version}: ${PROCESSES} started within ${seconds(start)} of one killed while it migrated; ` +
      `${failed} of ${count} requests failed; events told within ${seconds(slowest.polled)} by polling, ` +
      `${seconds(slowest.heard)} past it; ${locks} locks and ${isLeaked ? 'some' : 'no'} settings left behind; ` +
      `exit codes ${stops.join(', ')}`,
  };
}

async function stop(service) {
  service.child.kill('SIGTERM');
  return service.exited;
}
