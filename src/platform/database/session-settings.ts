import type { OwnSetting } from '../config/own-settings.js';

/** Names of settings of Postgres and their values, as `SHOW` has them. */
export type SessionSettings = Readonly<Record<string, string>>;

/**
 * What our statements depend on, and a server, a database, a role or an environment may have otherwise. Ours are set on
 * every connection (see {@link settle}): nothing of `ALTER DATABASE`, `ALTER ROLE`, `PGOPTIONS` or a URL changes an answer.
 */
const ALL = {
  // The driver reads these forms only.
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // CURRENT_DATE means the same day here and there.
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  // The schema of the role's name if there is one, else public: what Postgres itself does.
  search_path: '"$user", public',
  // Races are decided by locks and conditions; a stricter level would refuse some of those that win.
  default_transaction_isolation: 'read committed',
  // What is answered with 2xx outlives a crash of the server.
  synchronous_commit: 'on',
  idle_session_timeout: '0',
  transaction_timeout: '0',
} satisfies Partial<Record<OwnSetting, string>>;

/** The four kinds of connections: of requests, of the queues, of the signal of the outbox, and of tools and migrations. */
export const SESSIONS = {
  application: {
    ...ALL,
    application_name: 'gatehouse',
    // A stuck statement must not keep a connection from others.
    statement_timeout: '5s',
    lock_timeout: '2s',
    idle_in_transaction_session_timeout: '10s',
  },
  jobs: {
    ...ALL,
    application_name: 'gatehouse-jobs',
    search_path: 'bullmq',
    // Nothing is lost when the server crashes: a job added is on disk with the mark in the outbox that is committed after it,
    // and one whose end was not written yet is done again.
    synchronous_commit: 'off',
    statement_timeout: '10s',
    lock_timeout: '5s',
    idle_in_transaction_session_timeout: '10s',
  },
  outbox: {
    ...ALL,
    application_name: 'gatehouse-outbox',
    statement_timeout: '5s',
    lock_timeout: '2s',
    idle_in_transaction_session_timeout: '10s',
  },
  /** They take as long as they take. */
  migrations: {
    ...ALL,
    application_name: 'gatehouse-migrations',
    statement_timeout: '0',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '0',
  },
} as const satisfies Record<string, Record<OwnSetting | 'application_name', string>>;

export type SessionKind = keyof typeof SESSIONS;
