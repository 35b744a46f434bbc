import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';

/** Whom a row is delivered to: the queues of this service, or the message broker. Each has a mark of its own. */
export type Destination = 'queues' | 'broker';

const MARKS = { queues: 'published_at', broker: 'broadcast_at' } as const;

/** The rows that are still to be delivered. */
const open = (to: Destination, row: string) =>
  to === 'queues' ? `${row}.published_at IS NULL` : `${row}.broadcast_at IS NULL AND NOT ${row}.is_job`;

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
}

@Injectable()
export class OutboxRepository {
  /**
   * Claims rows that are still to be delivered, in order, until `tx` ends. Of each aggregate the oldest open row is
   * locked, and with it all that follow: whoever finds it locked leaves the whole aggregate alone. Never "after the
   * last one I saw": transactions do not commit in the order of their numbers.
   */
  claim(tx: Transaction, destination: Destination, limit: number): Promise<OutboxRow[]> {
    return tx.query<OutboxRow>(
      `WITH head AS (
         SELECT aggregate_type, aggregate_id FROM outbox AS o
         WHERE ${open(destination, 'o')} AND NOT EXISTS (
           SELECT 1 FROM outbox AS earlier WHERE ${open(destination, 'earlier')}
           AND earlier.aggregate_type = o.aggregate_type AND earlier.aggregate_id = o.aggregate_id AND earlier.id < o.id)
         ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
       SELECT id, event_id AS "eventId", type, version, aggregate_type AS "aggregateType",
         aggregate_id AS "aggregateId", payload, occurred_at AS "occurredAt", is_job AS "isJob"
       FROM outbox JOIN head USING (aggregate_type, aggregate_id)
       WHERE ${open(destination, 'outbox')} ORDER BY id LIMIT $1 FOR UPDATE OF outbox SKIP LOCKED`,
      [limit],
    );
  }

  async markDelivered(tx: Transaction, destination: Destination, ids: readonly string[]): Promise<void> {
    await tx.query(`UPDATE outbox SET ${MARKS[destination]} = now() WHERE id = ANY($1::bigint[])`, [ids]);
  }

  /** Removes some of what was delivered long ago. Answers how many. */
  async removeDelivered(
    tx: Transaction,
    { olderThan, alsoBroadcast, limit }: { olderThan: number; alsoBroadcast: boolean; limit: number },
  ): Promise<number> {
    const removed = await tx.query(
      `DELETE FROM outbox WHERE id IN (
         SELECT id FROM outbox WHERE published_at < now() - make_interval(secs => $1)
         ${alsoBroadcast ? 'AND (is_job OR broadcast_at IS NOT NULL)' : ''}
         LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,
      [olderThan, limit],
    );
    return removed.length;
  }

  async removeHandled(tx: Transaction, olderThan: number, limit: number): Promise<number> {
    const removed = await tx.query(
      `DELETE FROM inbox WHERE (consumer, event_id) IN (
         SELECT consumer, event_id FROM inbox WHERE handled_at < now() - make_interval(secs => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,
      [olderThan, limit],
    );
    return removed.length;
  }
}
