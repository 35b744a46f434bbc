import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Destination } from './outbox.repository.js';

/** What waits for a destination; `oldest`: seconds that the oldest row waits, 0 when none does. */
export interface Backlog {
  readonly pending: number;
  readonly oldest: number;
}

/** Rows that are counted: what looks at them costs the same however many there are. */
const COUNTED = 10_000;

/** SQL condition: what waits for a destination, each with an index of its own. */
const WAITING = { queues: 'published_at IS NULL', broker: 'broadcast_at IS NULL AND NOT is_job' } as const;

/** Looks at the outbox without touching it. */
@Injectable()
export class OutboxBacklogRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async of(destination: Destination): Promise<Backlog> {
    const [row] = await this.dataSource.query<[Backlog]>(
      `SELECT count(*)::int AS pending,
         coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS oldest
       FROM (SELECT occurred_at FROM outbox WHERE ${WAITING[destination]} ORDER BY id LIMIT ${COUNTED}) AS waiting`,
    );
    return row;
  }
}
