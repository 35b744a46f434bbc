import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';

/** Whom a row is delivered to: the queues of this service, or the message broker. Each has a mark of its own. */
export type Destination = 'queues' | 'broker';

const MARKS = { queues: 'published_at', broker: 'broadcast_at' } as const;

const COLUMNS = `id, event_id AS "eventId", type, version, aggregate_type AS "aggregateType",
  aggregate_id AS "aggregateId", payload, occurred_at AS "occurredAt", is_job AS "isJob", traceparent`;

export interface OutboxRow {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly version: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly occurredAt: Date;
  readonly isJob: boolean;
  /** Of the trace it was written in. */
  readonly traceparent: string | null;
}

@Injectable()
export class OutboxRepository {
  /**
   * Claims rows that are still to be delivered, in order, until `tx` ends. Never "after the last one I saw":
   * transactions do not commit in the order of their numbers. `except`: aggregates that are left alone.
   */
  claim(
    tx: Transaction,
    destination: Destination,
    limit: number,
    except: readonly string[] = [],
  ): Promise<OutboxRow[]> {
    return destination === 'queues' ? this.claimForQueues(tx, limit) : this.claimForBroker(tx, limit, except);
  }

  /**
   * Relays share the oldest rows, enough for four unless they are of few aggregates. Of each aggregate the first is locked,
   * and with it those that follow: whoever finds it locked leaves the whole aggregate alone. What follows a row that
   * somebody else holds, such as the other relay that marks it, is left for the next time. Nothing here grows with the
   * number of open rows.
   */
  private claimForQueues(tx: Transaction, limit: number): Promise<OutboxRow[]> {
    return tx.query<OutboxRow>(
      `WITH oldest AS MATERIALIZED (
         SELECT id, aggregate_type, aggregate_id FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 4 * $1::int),
       head AS MATERIALIZED (
         SELECT aggregate_type, aggregate_id FROM (
           SELECT aggregate_type, aggregate_id, min(id) AS id FROM oldest
           GROUP BY aggregate_type, aggregate_id ORDER BY min(id)) AS first
         CROSS JOIN LATERAL (
           SELECT 1 FROM outbox WHERE id = first.id AND published_at IS NULL FOR UPDATE SKIP LOCKED) AS locked
         LIMIT $1::int)
       SELECT ${COLUMNS} FROM (
         SELECT locked.*, bool_and(locked.id IS NOT NULL)
           OVER (PARTITION BY found.aggregate_type, found.aggregate_id ORDER BY found.id) AS is_next
         FROM (SELECT * FROM oldest JOIN head USING (aggregate_type, aggregate_id) ORDER BY id LIMIT $1::int) AS found
         LEFT JOIN LATERAL (
           SELECT * FROM outbox WHERE id = found.id AND published_at IS NULL FOR UPDATE SKIP LOCKED) AS locked ON true
       ) AS claimed
       WHERE is_next ORDER BY id`,
      [limit],
    );
  }

  /**
   * One relay at a time, and no row is locked while RabbitMQ takes its time: the relay of the queues goes on. The rows
   * are read by a statement of their own, which sees what the relay before has marked.
   */
  private async claimForBroker(
    tx: Transaction,
    limit: number,
    except: readonly string[],
  ): Promise<OutboxRow[]> {
    const [turn] = await tx.query<{ isMine: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('gatehouse.broker', 0)) AS "isMine"`,
      [],
    );
    if (!turn?.isMine) return [];
    return tx.query<OutboxRow>(
      `SELECT ${COLUMNS} FROM outbox WHERE broadcast_at IS NULL AND NOT is_job
         AND aggregate_type || ' ' || aggregate_id NOT IN (SELECT unnest($2::text[]))
       ORDER BY id LIMIT $1`,
      [limit, except],
    );
  }

  /** Answers how many seconds each of them has waited. */
  async markDelivered(tx: Transaction, destination: Destination, ids: readonly string[]): Promise<number[]> {
    const rows = await tx.query<{ waited: number }>(
      `UPDATE outbox SET ${MARKS[destination]} = now() WHERE id = ANY($1::bigint[])
       RETURNING extract(epoch FROM clock_timestamp() - occurred_at)::float8 AS waited`,
      [ids],
    );
    return rows.map(({ waited }) => waited);
  }

  /** Removes some of what was delivered long ago. Answers how many. */
  async removeDelivered(
    tx: Transaction,
    { olderThan, alsoBroadcast, limit }: { olderThan: number; alsoBroadcast: boolean; limit: number },
  ): Promise<number> {
    const removed = await tx.query(
      `DELETE FROM outbox WHERE id = ANY (ARRAY(
         SELECT id FROM outbox WHERE published_at < now() - make_interval(secs => $1)
         ${alsoBroadcast ? 'AND (is_job OR broadcast_at IS NOT NULL)' : ''}
         LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [olderThan, limit],
    );
    return removed.length;
  }

  async removeHandled(tx: Transaction, olderThan: number, limit: number): Promise<number> {
    const removed = await tx.query(
      `WITH old AS MATERIALIZED (
         SELECT consumer, event_id FROM inbox WHERE handled_at < now() - make_interval(secs => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED)
       DELETE FROM inbox USING old
       WHERE inbox.consumer = old.consumer AND inbox.event_id = old.event_id RETURNING 1`,
      [olderThan, limit],
    );
    return removed.length;
  }
}
