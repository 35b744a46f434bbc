import { callbackify } from 'node:util';
import { type Client, escapeLiteral, type QueryConfig, type QueryResult } from 'pg';
import type { SessionSettings } from './session-settings.js';

type Send = (query: QueryConfig) => Promise<QueryResult | readonly QueryResult[]>;
type Callback = (error: Error | null, result: QueryResult) => void;

/** For an answer to the first statement. Milliseconds. */
const SETTLE_WITHIN = 3_000;
/** The server's own may be shorter than the statement that replaces it. */
const UNHURRIED = 'SET LOCAL statement_timeout = 0';

/** What is said along with it comes behind the settings. */
const BEGIN = /^\s*(?:begin|start\s+transaction)\s*(?:;\s*(?<along>.*))?$/is;
const END = /^\s*(?:commit|end|abort|rollback(?!\s+to\b))\b/i;
const LISTEN = /^\s*listen\b/i;
/** What Postgres refuses in a transaction: sent alone, under whatever is set where it arrives. */
const ALONE = /^\s*(?:create\s+(?:unique\s+)?|drop\s+)index\s+concurrently\b/i;

const shared = new WeakSet<object>();

/** Whether the server behind this connection is another from transaction to transaction: nothing can be heard on it. */
export function isShared(client: object): boolean {
  return shared.has(client);
}

/**
 * Makes `settings` hold on a connection that was just opened, by one statement. They are the session's, unless a pooler
 * (PgBouncer in transaction mode) is in between: it hands what a session sets to whoever comes next. A pooler is known by
 * the process it names at the start, which is not the one that answers; then they hold per transaction.
 *
 * Not as parameters of the start: PgBouncer refuses those it does not know, and drops them where it is told to.
 */
export async function settle(client: Client, settings: SessionSettings): Promise<void> {
  const { processID } = client as unknown as { processID: number | null };
  const isOurs = `pg_catalog.pg_backend_pid() = ${processID ?? 0}`;
  const query = {
    text: `BEGIN; ${UNHURRIED}; ${setting(settings, false, isOurs)}; COMMIT`,
    query_timeout: SETTLE_WITHIN,
  };
  const [, , set] = (await client.query(query)) as unknown as readonly QueryResult[];
  if (set?.rows.length === 0) share(client, settings);
}

/** Sets what this server knows of `settings`; transaction_timeout, for one, came with Postgres 17. */
function setting(settings: SessionSettings, isLocal: boolean, condition = 'true'): string {
  const rows = Object.entries(settings).map(
    ([name, value]) => `(${escapeLiteral(name)}, ${escapeLiteral(value)})`,
  );
  return (
    `SELECT pg_catalog.set_config(name, value, ${isLocal}) FROM (VALUES ${rows.join(', ')}) AS setting (name, value) ` +
    `WHERE pg_catalog.current_setting(name, true) IS NOT NULL AND ${condition}`
  );
}

/**
 * From now on every transaction of `client` begins with its settings, and every statement outside one is made a
 * transaction, sent at once: no more round trips than before; but for those that none may hold ({@link ALONE}). Statements
 * have no names, which another server would not know or know as something else.
 */
function share(client: Client, settings: SessionSettings): void {
  shared.add(client);
  (client as { pipeline: boolean }).pipeline = true;
  const send = client.query.bind(client) as unknown as Send;
  const begin = { text: `BEGIN ISOLATION LEVEL READ COMMITTED; ${UNHURRIED}; ${setting(settings, true)}` };
  let isOpen = false;

  const run = async (query: QueryConfig): Promise<QueryResult> => {
    if (LISTEN.test(query.text)) return nothing('LISTEN');
    const opening = BEGIN.exec(query.text);
    if (opening) {
      isOpen = true;
      return firstOf(await send({ text: `${begin.text}; ${opening.groups?.along ?? ''}` }));
    }
    if (END.test(query.text)) isOpen = false;
    else if (!isOpen && !ALONE.test(query.text)) return inTransaction(send, begin, query);
    return firstOf(await send(query));
  };
  const query = (first: string | QueryConfig, second?: unknown, third?: Callback) => {
    const callback = typeof second === 'function' ? (second as Callback) : third;
    const given = typeof first === 'string' ? { text: first } : first;
    const values = Array.isArray(second) ? (second as unknown[]) : given.values;
    const unnamed = { ...given, values, name: undefined };
    return callback ? callbackify(run)(unnamed, callback) : run(unnamed);
  };
  client.query = query as typeof client.query;
}

/** One statement in a transaction of its own: begun, asked and ended by one message each, without waiting in between. */
async function inTransaction(send: Send, begin: QueryConfig, query: QueryConfig): Promise<QueryResult> {
  const steps = await Promise.allSettled([send(begin), send(query), send({ text: 'COMMIT' })]);
  for (const step of steps) if (step.status === 'rejected') throw step.reason;
  const [, answer, end] = steps.map((step) => (step as PromiseFulfilledResult<QueryResult>).value);
  if (!answer || end?.command !== 'COMMIT') throw new Error('The statement was rolled back by the server');
  return answer;
}

/** Several statements in one text have an answer each. */
function firstOf(result: QueryResult | readonly QueryResult[]): QueryResult {
  return (Array.isArray(result) ? result[0] : result) as QueryResult;
}

function nothing(command: string): QueryResult {
  return { command, rowCount: null, oid: 0, fields: [], rows: [] };
}
