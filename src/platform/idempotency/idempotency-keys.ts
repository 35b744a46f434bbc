import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Secrets } from '../config/secrets.config.js';
import { Transactions } from '../database/transactions.js';
import { Jobs } from '../jobs/jobs.js';
import { SecretBox } from '../security/secret-box.js';
import { AlreadyDone, IdempotencyKeyInUse, IdempotencyKeyReused } from './idempotency.errors.js';

/** Seconds after which a request that has not finished is taken to have died. */
const LOCK = 60;
/** Seconds an answer is kept. */
const KEEP = 86_400;

export interface IdempotentRequest {
  readonly userId: number;
  /** Method and pattern of the path. */
  readonly route: string;
  readonly key: string;
  /** SHA-256 of what was asked for: path, query and body. */
  readonly fingerprint: Buffer;
  /** This try, a UUID: one that has been taken over from changes nothing any more. */
  readonly attempt: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly body: string;
}

interface KeyRow {
  readonly isSame: boolean;
  readonly isRunning: boolean;
  readonly state: 'started' | 'committed' | 'done';
  readonly status: number | null;
  readonly body: string | null;
}

/** Makes requests with an Idempotency-Key happen once (draft-ietf-httpapi-idempotency-key-header). */
@Injectable()
export class IdempotencyKeys implements OnModuleInit {
  private readonly current = new AsyncLocalStorage<IdempotentRequest>();

  /** Answers may show a secret, the one time it is shown. */
  private readonly box: SecretBox;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
    secrets: Secrets,
  ) {
    this.box = new SecretBox(secrets.KEY_ENCRYPTION_SECRET, 'idempotent-answer');
  }

  onModuleInit(): void {
    // In the transaction of the change: whatever dies afterwards, it is known that the change was made.
    this.transactions.beforeCommit(async (tx) => {
      const request = this.current.getStore();
      if (!request) return;
      const mine = await tx.query(
        `UPDATE idempotency_key SET state = 'committed'
         WHERE user_id = $1 AND route = $2 AND key = $3 AND attempt = $4 RETURNING 1`,
        [request.userId, request.route, request.key, request.attempt],
      );
      if (mine.length === 0) throw new IdempotencyKeyInUse();
    });
    this.jobs.drain({
      name: 'idempotency.clean_up',
      every: 15 * 60_000,
      batch: 1_000,
      remove: (batch) => this.removeOld(batch),
    });
  }

  /**
   * Starts the request, or answers what was answered before. One statement decides which of several does the work.
   * @throws IdempotencyKeyInUse, IdempotencyKeyReused, AlreadyDone
   */
  async begin(request: IdempotentRequest): Promise<KeptAnswer | null> {
    const { userId, route, key, fingerprint, attempt } = request;
    const mine = await this.dataSource.query<unknown[]>(
      `INSERT INTO idempotency_key AS k (user_id, route, key, fingerprint, locked_until, attempt)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $7)
       ON CONFLICT (user_id, route, key) DO UPDATE
         SET locked_until = excluded.locked_until, fingerprint = excluded.fingerprint, state = 'started', attempt = excluded.attempt,
             status = NULL, body = NULL, created_at = now()
         WHERE (k.state = 'started' AND k.locked_until < now() AND k.fingerprint = excluded.fingerprint)
            OR k.created_at < now() - make_interval(secs => $6)
       RETURNING 1`,
      [userId, route, key, fingerprint, LOCK, KEEP, attempt],
    );
    if (mine.length > 0) return null;
    const [row] = await this.dataSource.query<KeyRow[]>(
      `SELECT fingerprint = $4 AS "isSame", locked_until > now() AS "isRunning", state, status, body FROM idempotency_key
       WHERE user_id = $1 AND route = $2 AND key = $3`,
      [userId, route, key, fingerprint],
    );
    if (!row) throw new IdempotencyKeyInUse();
    if (!row.isSame) throw new IdempotencyKeyReused();
    if (row.state === 'done' && row.status !== null && row.body !== null)
      return { status: row.status, body: this.open(request, row.body) };
    // Committed a moment ago, the answer may still be on its way to be kept.
    throw row.state === 'committed' && !row.isRunning ? new AlreadyDone() : new IdempotencyKeyInUse();
  }

  /** Runs the request itself. If it fails nothing was changed, and the key is free again. */
  async run<T>(request: IdempotentRequest, work: () => Promise<T>): Promise<T> {
    try {
      return await this.current.run(request, work);
    } catch (error) {
      await this.dataSource.query(
        `DELETE FROM idempotency_key
         WHERE user_id = $1 AND route = $2 AND key = $3 AND attempt = $4 AND state = 'started'`,
        [request.userId, request.route, request.key, request.attempt],
      );
      throw error;
    }
  }

  /** Keeps the answer for a day. */
  async finish(request: IdempotentRequest, { status, body }: KeptAnswer): Promise<void> {
    const { userId, route, key, attempt } = request;
    const sealed = this.box.seal(Buffer.from(body), contextOf(request)).toString('base64');
    await this.dataSource.query(
      `UPDATE idempotency_key SET state = 'done', status = $5, body = $6
       WHERE user_id = $1 AND route = $2 AND key = $3 AND attempt = $4`,
      [userId, route, key, attempt, status, sealed],
    );
  }

  private open(request: IdempotentRequest, body: string): string {
    return this.box.open(Buffer.from(body, 'base64'), contextOf(request)).toString();
  }

  private async removeOld(batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM idempotency_key WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM idempotency_key WHERE created_at < now() - make_interval(secs => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [KEEP, batch],
    );
    return removed.length;
  }
}

function contextOf({ userId, route, key }: IdempotentRequest): string {
  return `${userId} ${route} ${key}`;
}
