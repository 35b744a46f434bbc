import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Transaction } from '../platform/database/transactions.js';
import { Jobs } from '../platform/jobs/jobs.js';
import type { BudgetLimits } from './budget-limits.js';

/** One count a message is taken from. */
export interface BudgetRow {
  readonly key: Buffer;
  /** Where the message goes, if that is what is counted: by this the budgets of a destination are found. */
  readonly destination: Buffer | null;
  readonly limits: BudgetLimits;
}

// By the time of the statement, not of the transaction: who has waited for the row began before the last one was sent.
const SAME = 'b.last_ref = $2';
const NEW_HOUR = `b.hour_start <= now() - interval '1 hour'`;
const NEW_DAY = `b.day_start <= now() - interval '1 day'`;

const CLEAN_UP_EVERY = 5 * 60_000;

@Injectable()
export class SendBudgetRepository implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.drain({
      name: 'identities.clean_up_send_budgets',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.removeOld(batch),
    });
  }

  /**
   * Takes one message from a budget. One statement: however many ask at once, no more get one than the limits allow. The
   * job `ref` that got the last one gets it again. `isRepeat` in that case; null when the budget is spent.
   */
  async take(
    tx: Transaction,
    { key, destination, limits: { spacing, perHour, perDay } }: BudgetRow,
    ref: string,
  ): Promise<{ readonly isRepeat: boolean } | null> {
    if (perHour === 0) return null;
    const rows = await tx.prepared<{ isRepeat: boolean }>(
      'take-from-budget',
      `INSERT INTO send_budget AS b (key, destination, hour_start, hour_count, day_start, day_count, last_sent_at, last_ref)
       VALUES ($1, $6, now(), 1, now(), 1, clock_timestamp(), $2)
       ON CONFLICT (key) DO UPDATE SET
         hour_start = CASE WHEN ${SAME} OR NOT ${NEW_HOUR} THEN b.hour_start ELSE now() END,
         hour_count = CASE WHEN ${SAME} THEN b.hour_count WHEN ${NEW_HOUR} THEN 1 ELSE b.hour_count + 1 END,
         day_start = CASE WHEN ${SAME} OR NOT ${NEW_DAY} THEN b.day_start ELSE now() END,
         day_count = CASE WHEN ${SAME} THEN b.day_count WHEN ${NEW_DAY} THEN 1 ELSE b.day_count + 1 END,
         last_sent_at = CASE WHEN ${SAME} THEN b.last_sent_at ELSE clock_timestamp() END,
         last_ref = $2
       WHERE ${SAME} OR (
         (b.last_sent_at IS NULL OR b.last_sent_at <= clock_timestamp() - make_interval(secs => $3))
         AND (${NEW_HOUR} OR b.hour_count < $4) AND (${NEW_DAY} OR b.day_count < $5))
       RETURNING coalesce(last_sent_at < now(), true) AS "isRepeat"`,
      [key, ref, spacing, perHour, perDay, destination],
    );
    return rows[0] ?? null;
  }

  /** Seconds until the budget has a message again. */
  async secondsLeft(
    tx: Transaction,
    { key, limits: { spacing, perHour, perDay } }: BudgetRow,
  ): Promise<number> {
    const rows = await tx.query<{ seconds: number }>(
      `SELECT ceil(extract(epoch FROM greatest(
         last_sent_at + make_interval(secs => $2),
         CASE WHEN hour_count >= $3 THEN hour_start + interval '1 hour' END,
         CASE WHEN day_count >= $4 THEN day_start + interval '1 day' END) - clock_timestamp()))::int AS seconds
       FROM send_budget WHERE key = $1`,
      [key, spacing, perHour, perDay],
    );
    return rows[0]?.seconds ?? 0;
  }

  /**
   * Passes over what is being charged at the moment, which begins its pause anew: who charges takes several of these rows
   * in an order of their own, and the two could wait for each other.
   */
  async clearSpacing(tx: Transaction, destination: Buffer): Promise<void> {
    await tx.query(
      `UPDATE send_budget SET last_sent_at = NULL WHERE key = ANY (ARRAY(
         SELECT key FROM send_budget WHERE destination = $1 FOR UPDATE SKIP LOCKED))`,
      [destination],
    );
  }

  /** Makes every budget of these destinations whole. */
  async clear(tx: Transaction, destinations: readonly Buffer[]): Promise<void> {
    await tx.query('DELETE FROM send_budget WHERE destination = ANY($1::bytea[])', [destinations]);
  }

  /** Removes some of the budgets that are whole again. Answers how many. */
  async removeOld(batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM send_budget WHERE key = ANY (ARRAY(
         SELECT key FROM send_budget
         WHERE day_start < now() - interval '1 day' AND hour_start < now() - interval '1 day'
           AND (last_sent_at IS NULL OR last_sent_at < now() - interval '1 day')
         ORDER BY day_start LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [batch],
    );
    return removed.length;
  }
}
