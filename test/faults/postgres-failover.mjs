// R32: Postgres fails over behind one address: the primary is stopped, or told to take no writes and left running, and its
// replica is promoted. Meanwhile nothing but 503 with Retry-After, then writes again within seconds, and none is lost.
import { setTimeout as delay } from 'node:timers/promises';
import { eventually, seconds } from '../support/drill-tools.mjs';
import { FaultProxy } from '../support/fault-proxy.mjs';
import { administeredService, jsonClient } from '../support/json-client.mjs';
import { findPostgres, PostgresServer } from '../support/postgres-cluster.mjs';

export const id = 'R32';
export const perStore = false;
export const limit = 240_000;

const AGAIN_WITHIN = 5_000;
/** How long nobody takes writes. */
const OUTAGE = 6_000;
const READ_EVERY = 40;
/** What one author changes goes one after the other: more than are done in time would be refused for that. */
const WRITE_EVERY = 200;
const DATABASE = 'gatehouse';
const ADMINISTRATOR = { username: 'admin@example.com', password: 'correct horse battery staple' };
const TOLD = '503 with Retry-After';

/** Has replicas receive everything there is, then takes no writes. */
async function demote(primary, replica) {
  await primary.query('ALTER SYSTEM SET default_transaction_read_only = on');
  await primary.query('SELECT pg_reload_conf()');
  await eventually(
    'the server takes no writes',
    async () =>
      (await primary.query('SHOW default_transaction_read_only'))[0].default_transaction_read_only === 'on',
    5_000,
  );
  // What was begun before is over by then.
  await delay(1_000);
  const [{ lsn }] = await primary.query('SELECT pg_current_wal_lsn() AS lsn');
  const isThere = async () =>
    (await replica.query('SELECT pg_last_wal_receive_lsn() >= $1::pg_lsn AS "isThere"', [lsn]))[0].isThere;
  await eventually('the replica has everything', isThere, 10_000);
}

/** Asks and writes all the time, whatever comes back; `good` are the writes that were acknowledged, with when. */
class Load {
  good = [];
  failures = new Map();
  readiness = 200;
  #isOn = true;
  #all = [];

  constructor(url, token, roleId) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const ask = (path, options) =>
      fetch(`${url}/api/v1${path}`, { headers, signal: AbortSignal.timeout(20_000), ...options });
    const read = async () => this.#note('read', await ask('/users/me'));
    const write = async () => {
      const email = `${crypto.randomUUID()}@example.com`;
      const body = JSON.stringify({ firstName: 'Failover', email, roleId });
      const isGood = await this.#note('write', await ask('/users', { method: 'POST', body }));
      if (isGood) this.good.push({ email, at: performance.now() });
    };
    const probe = async () => {
      const answer = await ask('/health/ready');
      await answer.arrayBuffer();
      this.readiness = answer.status;
    };
    this.#all = [
      this.#repeat(READ_EVERY, read),
      this.#repeat(WRITE_EVERY, write),
      this.#repeat(READ_EVERY, probe),
    ];
  }

  get hasOnlyToldFailures() {
    return [...this.failures.keys()].every((what) => what === TOLD);
  }

  get summary() {
    return [...this.failures].map(([what, count]) => `${count} × ${what}`).join(', ') || 'none';
  }

  async end() {
    this.#isOn = false;
    await Promise.all(this.#all);
  }

  /** Not waiting for what was asked before. */
  async #repeat(every, work) {
    const open = [];
    while (this.#isOn) {
      open.push(work().catch((error) => this.#count(`${error.cause?.code ?? error.name}`)));
      await delay(every);
    }
    await Promise.all(open);
  }

  async #note(what, answer) {
    await answer.arrayBuffer();
    if (answer.ok) return true;
    const isTold = answer.status === 503 && Number(answer.headers.get('retry-after')) > 0;
    this.#count(isTold ? TOLD : `${answer.status} to a ${what}`);
    return false;
  }

  #count(what) {
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }
}

/** Swaps the primary for a new replica of it, and answers what the load has seen. */
async function failOver(rig, primary, { proxy, service, token, roleId }, takeAway) {
  const replica = await PostgresServer.replicaOf(primary);
  const load = new Load(service.url, token, roleId);
  await eventually('20 writes', () => load.good.length >= 20, 30_000);
  await takeAway(primary, replica);
  await delay(OUTAGE);
  const wasReady = load.readiness === 200;
  const before = load.good.length;
  await replica.promote();
  const promotedAt = performance.now();
  proxy.leadTo('127.0.0.1', replica.port);
  await eventually('a write', () => load.good.length > before, 60_000, 5);
  await eventually('the probe is well', () => load.readiness === 200, 60_000);
  await load.end();
  const kept = await rig.sql(replica.url(DATABASE))('SELECT value FROM user_identity');
  const values = new Set(kept.map(({ value }) => value));
  const lost = load.good.filter(({ email }) => !values.has(email)).length;
  return { replica, load, lost, wasReady, again: load.good[before].at - promotedAt };
}

const isRight = ({ load, lost, wasReady, again }) =>
  lost === 0 && !wasReady && again <= AGAIN_WITHIN && load.hasOnlyToldFailures;

const tell = ({ load, lost, wasReady, again }) =>
  `${lost} of ${load.good.length} acknowledged writes lost, failures ${load.summary}, ` +
  `${wasReady ? 'still ready' : 'not ready'}, first write ${seconds(again)} after the promotion`;

export async function run(rig) {
  const bin = findPostgres();
  if (bin === null) return { isSkipped: true, figure: 'there are no programs of a Postgres server' };
  const first = await PostgresServer.primary(rig, bin);
  await first.query(`CREATE DATABASE ${DATABASE}`);
  const { proxy, url } = await FaultProxy.before(first.url(DATABASE), 5432);
  rig.defer(() => proxy.close());
  const sql = rig.sql(first.url(DATABASE));
  const { service } = await administeredService(rig, { url, sql }, {});
  const { access_token: token } = await jsonClient(service.url)('/auth/login', ADMINISTRATOR, 200);
  const [{ id: roleId }] = await sql(`SELECT id FROM role WHERE name = 'User' AND deleted_at IS NULL`);

  const under = { proxy, service, token, roleId };
  const stopped = await failOver(rig, first, under, (primary) => primary.stop('SIGINT'));
  const demoted = await failOver(rig, stopped.replica, under, demote);
  const rounds = [stopped, demoted];
  return {
    isPassed: !service.isGone && rounds.every((round) => isRight(round)),
    figure: `stopped: ${tell(stopped)}; demoted and left running: ${tell(demoted)}`,
  };
}
