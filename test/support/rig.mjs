import 'reflect-metadata';
import { Pool } from 'pg';
import { Redis } from 'ioredis';
import { allInOne } from '../../dist/src/apps/all-in-one.js';
import { loadConfig } from '../../dist/src/platform/config/config.js';
import { createDataSource } from '../../dist/src/platform/database/data-source.js';
import { SYSTEM, Transactions } from '../../dist/src/platform/database/transactions.js';
import { OutboxSignal } from '../../dist/src/platform/outbox/outbox-signal.js';
import { Outbox } from '../../dist/src/platform/outbox/outbox.js';
import { JobQueues } from '../../dist/src/platform/jobs/job-queues.js';
import { JobStore } from '../../dist/src/platform/jobs/job-store.js';
import { EVENT } from './drill-events.mjs';
import { ENVIRONMENT, ServiceProcess, WorkerProcess } from './worker-process.mjs';

let databases = 0;

/** What one drill or benchmark uses. `close` takes all of it away again, last things first. */
export class Rig {
  #cleanUps = [];
  #services = [];
  #installations = new Map();

  /** `store`: where the jobs are, as environment variables. */
  constructor(server, store = {}) {
    this.server = server;
    this.store = store;
  }

  defer(cleanUp) {
    this.#cleanUps.push(cleanUp);
  }

  async close() {
    while (this.#cleanUps.length > 0) await this.#cleanUps.pop()();
  }

  /** A migrated database of its own, with the tables in which consumers note what they do. */
  async database() {
    const url = new URL(this.server.url);
    url.pathname = `/${this.server.template.replace(/_template$/, '')}_drill_${(databases += 1)}`;
    const name = url.pathname.slice(1);
    const admin = new Pool({ connectionString: this.server.url, max: 1 });
    this.defer(async () => {
      await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      await admin.end();
      await this.#forgetJobs(this.#installations.get(url.pathname));
    });
    await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${this.server.template}"`);
    const sql = this.sql(url.href);
    // A copy of another database is refused where both use one Redis.
    const [{ id }] = await sql('UPDATE installation SET id = gen_random_uuid() RETURNING id');
    this.#installations.set(url.pathname, id);
    await sql(
      'CREATE TABLE drill_seen (event_id uuid, key text, pid int, at timestamptz DEFAULT clock_timestamp())',
    );
    await sql('CREATE INDEX ON drill_seen (key)');
    await sql(
      'CREATE TABLE drill_effect (event_id uuid, key text, at timestamptz DEFAULT clock_timestamp())',
    );
    return { url: url.href, sql };
  }

  /** Asks past the service. */
  sql(url) {
    const pool = new Pool({ connectionString: url, max: 4 });
    pool.on('error', () => undefined);
    this.defer(() => pool.end());
    return async (text, parameters) => (await pool.query(text, parameters)).rows;
  }

  /** A process that is loaded, and runs when it is told to. */
  worker() {
    const worker = new WorkerProcess();
    this.defer(() => worker.kill());
    return worker;
  }

  async service(env) {
    const service = new ServiceProcess({ ...this.store, ...env });
    this.#services.push(service);
    this.defer(() => service.kill());
    return service.start();
  }

  /** Those that are starting as well. */
  killServices() {
    for (const service of this.#services.splice(0)) service.child.kill('SIGKILL');
  }

  /** The queues as operators see them, and `open` for jobs of the drill's own. */
  queues(url, env = {}) {
    const installation = this.#installations.get(new URL(url).pathname);
    const store = new JobStore(config(url, { ...this.store, ...env }), url, installation);
    const queues = new JobQueues(store, allInOne.queues);
    this.defer(() => queues.close());
    return Object.assign(queues, {
      open: (name) => {
        const queue = store.openQueue(name);
        this.defer(() => queue.close());
        return queue;
      },
    });
  }

  /** Writes events as the service does: `write(tx, …)` within `transactions.run`. */
  async writer(url) {
    const dataSource = await createDataSource(url, allInOne.schema, config(url)).initialize();
    this.defer(() => dataSource.destroy());
    const transactions = new Transactions(dataSource);
    const signal = new OutboxSignal(dataSource);
    this.defer(() => signal.onApplicationShutdown());
    const outbox = new Outbox(signal);
    return {
      run: (work) => transactions.run(SYSTEM, work),
      write: (tx, aggregate, payload) =>
        outbox.add(tx, { type: EVENT, version: 1, aggregate: { type: 'drill', id: aggregate }, payload }),
    };
  }

  /** Jobs in Redis outlive the database they belong to. */
  async #forgetJobs(installation) {
    if (!this.store.REDIS_URL) return;
    const redis = new Redis(this.store.REDIS_URL, { maxRetriesPerRequest: 1 });
    for await (const keys of redis.scanStream({ match: `gatehouse:${installation}:*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(keys);
    }
    redis.disconnect();
  }
}

function config(url, env = {}) {
  return loadConfig({ ...ENVIRONMENT, DATABASE_URL: url, ...env }, allInOne.config, () => ({}));
}

/** Where jobs can be kept here: Postgres, and Redis where one answers. Call it after the server was opened. */
export function stores() {
  const redis = process.env.GATEHOUSE_TEST_REDIS;
  return [{ name: 'Postgres', env: {} }, ...(redis ? [{ name: 'Redis', env: { REDIS_URL: redis } }] : [])];
}
