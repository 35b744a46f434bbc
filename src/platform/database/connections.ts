import { Client, type ClientBase, type ClientConfig, type PoolConfig } from 'pg';
import { settle } from './session.js';
import { type SessionKind, SESSIONS } from './session-settings.js';

/** Milliseconds. What the server does not answer, because the connection is open at one end only, is given up. */
const CLIENT: Readonly<Record<SessionKind, ClientConfig>> = {
  application: { connectionTimeoutMillis: 2_000, query_timeout: 10_000, pipeline: true },
  jobs: { connectionTimeoutMillis: 5_000, query_timeout: 12_000 },
  outbox: { connectionTimeoutMillis: 5_000, query_timeout: 10_000 },
  migrations: { connectionTimeoutMillis: 5_000 },
};
const ALIVE: ClientConfig = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

/**
 * Options of a pool of connections of one kind. Every connection of the product is made by these or by {@link
 * openConnection}.
 */
export function poolOptions(kind: SessionKind, max: number): PoolConfig {
  return {
    ...clientOptions(kind),
    max,
    // Nobody gets a connection on which the settings do not hold yet.
    // oxlint-disable-next-line typescript/no-misused-promises -- pg-pool waits for it; its types do not say so
    onConnect: (client: ClientBase) => settle(client as Client, SESSIONS[kind]),
  };
}

/** One connection, open. Its loss is its next statement's failure, and told to those who listen to `error`. */
export async function openConnection(url: string, kind: SessionKind): Promise<Client> {
  const client = new Client({ connectionString: url, ...clientOptions(kind) });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await settle(client, SESSIONS[kind]);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

function clientOptions(kind: SessionKind): ClientConfig {
  return { application_name: SESSIONS[kind].application_name, ...CLIENT[kind], ...ALIVE };
}
