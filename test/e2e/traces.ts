import type { TestApp } from '../support/app.js';

export interface Traces<Result> {
  readonly result: Result;
  /** Without what tells of requests that change nothing: it comes after the answer. */
  readonly audit: readonly {
    action: string;
    actor: number | null;
    subject: string | null;
    outcome: string;
    requestId: string | null;
  }[];
  readonly outbox: readonly { type: string; subject: string }[];
  /** The transactions that wrote them. Events the relay has marked meanwhile are left out: it writes their rows anew. */
  readonly transactions: readonly string[];
}

/** Does `work` and answers what it left in the audit log and the outbox. */
export async function traces<Result>(service: TestApp, work: () => Promise<Result>): Promise<Traces<Result>> {
  const last = (table: string) =>
    service
      .sql<{ id: string }>(`SELECT coalesce(max(id), 0) AS id FROM ${table}`)
      .then((rows) => rows[0]?.id);
  const [auditEnd, outboxEnd] = [await last('audit_log'), await last('outbox')];
  const result = await work();
  const audit = await service.sql<Traces<Result>['audit'][number] & { tx: string }>(
    `SELECT action, actor_id AS actor, subject_type || ' ' || subject_id AS subject, outcome,
       request_id AS "requestId", xmin::text AS tx FROM audit_log
     WHERE id > $1 AND action NOT LIKE 'access.%' ORDER BY id`,
    [auditEnd],
  );
  const outbox = await service.sql<Traces<Result>['outbox'][number] & { tx: string | null }>(
    `SELECT type, aggregate_type || ' ' || aggregate_id AS subject,
       CASE WHEN published_at IS NULL THEN xmin::text END AS tx
     FROM outbox WHERE id > $1 AND NOT is_job ORDER BY id`,
    [outboxEnd],
  );
  return {
    result,
    audit: audit.map(withoutTransaction),
    outbox: outbox.map(withoutTransaction),
    transactions: [...new Set([...audit, ...outbox].map((row) => row.tx).filter((tx) => tx !== null))],
  };
}

/** The transaction that wrote a row as it is now. */
export async function writerOf(service: TestApp, table: string, id: number): Promise<string | undefined> {
  const rows = await service.sql<{ tx: string }>(`SELECT xmin::text AS tx FROM "${table}" WHERE id = $1`, [
    id,
  ]);
  return rows[0]?.tx;
}

function withoutTransaction<Row extends { tx: string | null }>(row: Row): Omit<Row, 'tx'> {
  const { tx: _tx, ...rest } = row;
  return rest;
}
