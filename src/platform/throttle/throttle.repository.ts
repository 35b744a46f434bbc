import { createHmac } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Secrets } from '../config/secrets.config.js';
import type { Transaction } from '../database/transactions.js';
import { Jobs } from '../jobs/jobs.js';
import { throttled } from '../metrics/throttled.js';
import { deriveKey } from '../security/secret-box.js';

const CLEAN_UP_EVERY = 5 * 60_000;
/** Seconds */
const KEEP_OLD = 86_400;

export interface ThrottleRule {
  /** Tells the rules apart; part of the key. */
  readonly name: string;
  /** Failures allowed within the window. */
  readonly limit: number;
  /** Seconds */
  readonly window: number;
  /** Seconds the key is locked once the limit is reached. */
  readonly lock: number;
}

/** Failures counted in Postgres, so that the count is the same for all instances and survives everything. */
@Injectable()
export class ThrottleRepository implements OnModuleInit {
  private readonly secret: Buffer;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: Jobs,
    secrets: Secrets,
  ) {
    this.secret = deriveKey(secrets.APP_SECRET, 'throttle');
  }

  onModuleInit(): void {
    this.jobs.drain({
      name: 'auth.clean_up_counts',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.removeOld(batch),
    });
  }

  /**
   * Counts an attempt before it is made; false when the key is locked, and then nothing is counted. One statement: of
   * many at once no more than the limit get through.
   */
  async reserve(rule: ThrottleRule, subject: string): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `INSERT INTO throttle AS t (key, fails, window_start) VALUES ($1, 1, now())
       ON CONFLICT (key) DO UPDATE SET
         fails = CASE WHEN t.locked_until IS NOT NULL OR t.window_start < now() - make_interval(secs => $2)
                 THEN 1 ELSE t.fails + 1 END,
         window_start = CASE WHEN t.locked_until IS NOT NULL OR t.window_start < now() - make_interval(secs => $2)
                        THEN now() ELSE t.window_start END,
         locked_until = CASE WHEN t.locked_until IS NULL AND t.window_start >= now() - make_interval(secs => $2)
                        AND t.fails + 1 >= $3 THEN now() + make_interval(secs => $4) END
       WHERE t.locked_until IS NULL OR t.locked_until <= now()
       RETURNING fails`,
      [this.keyOf(rule, subject), rule.window, rule.limit, rule.lock],
    );
    if (rows.length === 0) throttled.inc({ limit: rule.name });
    return rows.length > 0;
  }

  /** Seconds until the key is free; 0 when it is. */
  async lockedFor(rule: ThrottleRule, subject: string): Promise<number> {
    const rows = await this.dataSource.query<{ seconds: number }[]>(
      `SELECT ceil(extract(epoch FROM locked_until - now()))::int AS seconds FROM throttle
       WHERE key = $1 AND locked_until > now()`,
      [this.keyOf(rule, subject)],
    );
    return rows[0]?.seconds ?? 0;
  }

  /** The attempt was good after all: it does not count. */
  async giveBack(rule: ThrottleRule, subject: string): Promise<void> {
    await this.dataSource.query(
      'UPDATE throttle SET fails = greatest(fails - 1, 0), locked_until = NULL WHERE key = $1',
      [this.keyOf(rule, subject)],
    );
  }

  /** Forgets what was counted: the subject has proved itself. */
  async forget(rule: ThrottleRule, subject: string): Promise<void> {
    await this.dataSource.query('DELETE FROM throttle WHERE key = $1', [this.keyOf(rule, subject)]);
  }

  /** As {@link forget}, together with what else `tx` does. */
  async forgetIn(tx: Transaction, rule: ThrottleRule, subject: string): Promise<void> {
    await tx.query('DELETE FROM throttle WHERE key = $1', [this.keyOf(rule, subject)]);
  }

  private async removeOld(batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM throttle WHERE key = ANY (ARRAY(
         SELECT key FROM throttle WHERE window_start < now() - make_interval(secs => $1)
         AND (locked_until IS NULL OR locked_until < now()) LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [KEEP_OLD, batch],
    );
    return removed.length;
  }

  private keyOf(rule: ThrottleRule, subject: string): Buffer {
    return createHmac('sha256', this.secret).update(`${rule.name}\0${subject}`).digest();
  }
}
