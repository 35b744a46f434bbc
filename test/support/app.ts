import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Client, Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createApp } from '../../src/app.setup.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { ProcessConfig } from '../../src/platform/config/process.config.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { settle } from '../../src/platform/database/session.js';
import { SESSIONS } from '../../src/platform/database/session-settings.js';
import { type CaughtMessage, DevelopmentMailbox } from '../../src/platform/delivery/development-mailbox.js';
import { assertNoSecretLogged, noteSecret, watchLog } from './canaries.js';
import { Contract } from './contract.js';
import { Api } from './api.js';
import { testConfig } from './config.js';
import { cloneDatabase } from './database.js';
import { eventually } from './eventually.js';
import { Factory } from './factory.js';
import { tokenOf } from './letters.js';
import { faultsOfEvents } from './published-events.js';
import { type Sql, storedData } from './stored-data.js';

/** Looks at any database alike, and is not taken for the service. */
const OBSERVER = { ...SESSIONS.migrations, application_name: 'test', default_transaction_read_only: 'off' };

/** A running service: real HTTP on a port of its own, a real database. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly factory: Factory;
  /** What the API promises; every answer that `api` sees is held to it. */
  readonly contract: Contract;
  /** Not in production. */
  readonly mailbox: DevelopmentMailbox;
  /** The newest message to an address, once `count` (1) of them have been sent to it. */
  messageTo(address: string, count?: number): Promise<CaughtMessage>;
  readonly databaseUrl: string;
  /** Looks into what the service keeps, past it. */
  readonly sql: Sql;
  close(): Promise<void>;
}

/** Starts the service on a fresh clone of the template, or on `databaseUrl`: a second instance beside the first. */
export async function startApp(
  options: { databaseUrl?: string; env?: Record<string, string> } = {},
): Promise<TestApp> {
  const databaseUrl = options.databaseUrl ?? (await cloneDatabase());
  // What is logged is kept, and searched for secrets when the service is closed.
  watchLog();
  const config = testConfig({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'debug', ...options.env });
  const dataSource: DataSource = await createDataSource(databaseUrl, allInOne.schema, config).initialize();
  const app = await createApp(allInOne, config, dataSource);
  await app.listen(0, '127.0.0.1');
  const address = app.getHttpServer().address() as { port: number };
  const pool = new Pool({
    connectionString: databaseUrl,
    max: 2,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    // oxlint-disable-next-line typescript/no-misused-promises -- pg-pool waits for it; its types do not say so
    onConnect: (client) => settle(client as Client, OBSERVER),
  });
  // The database is dropped under it when a test asks for a fresh one.
  pool.on('error', () => {});
  const sql = storedData(
    async <Row>(text: string, parameters: unknown[] = []) =>
      (await pool.query(text, parameters)).rows as Row[],
  );
  const api = new Api(`http://127.0.0.1:${address.port}`);
  const contract = Contract.of(app);
  const messagesTo = (to: string) =>
    app
      .get(DevelopmentMailbox)
      .list()
      .filter((message) => message.to === to);
  api.onResponse((method, path, response) => contract.check(method, path, response));
  return {
    app,
    api,
    factory: new Factory(api, sql, config),
    contract,
    get mailbox() {
      return app.get(DevelopmentMailbox);
    },
    messageTo: async (to, count = 1) => {
      await eventually(() => messagesTo(to).length >= count, 10_000);
      const [newest] = messagesTo(to);
      if (!newest) throw new Error(`Nothing was sent to ${to}`);
      return newest;
    },
    databaseUrl,
    sql,
    close: async () => {
      if (config.get(ProcessConfig).environment !== 'production') {
        for (const message of app.get(DevelopmentMailbox).list()) {
          noteSecret(message.code);
          noteSecret(tokenOf(message));
        }
      }
      await app.close();
      assertNoSecretLogged();
      const events = await eventsIn(pool);
      await pool.end();
      if (faultsOfEvents(events).length > 0) throw new Error(faultsOfEvents(events).join('\n'));
    },
  };
}

/** What is in the outbox, events of the tests' own left out; nothing when the database is gone by now. */
async function eventsIn(pool: Pool) {
  try {
    const { rows } = await pool.query<{ type: string; version: number; payload: unknown }>(
      `SELECT DISTINCT type, version, payload FROM outbox WHERE NOT is_job AND type !~ '^(thing|test)[.]'`,
    );
    return rows;
  } catch {
    return [];
  }
}
