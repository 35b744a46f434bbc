import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Notice } from '../../../messages/message.js';
import { NOTICE_SPACING } from '../../../messages/send-budget.service.js';
import type { Transaction } from '../../../platform/database/transactions.js';

/** Days after which a notice that could not be sent says nothing worth knowing any more. */
const KEEP = 3;
const AT_ONCE = 1_000;

/** Notices that wait for the budget of where they go. */
@Injectable()
export class WaitingNoticesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Once for each `ref`. */
  async add(identityId: number, notice: Notice, ref: string): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO waiting_notice (identity_id, kind, notice, ref, due_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) ON CONFLICT (identity_id, ref) DO NOTHING`,
      [identityId, notice.kind, JSON.stringify(notice), ref, NOTICE_SPACING],
    );
  }

  /** What is due, each kind for each contact once; it is due again later unless it is sent. */
  async takeDue(tx: Transaction): Promise<{ identityId: number; kind: Notice['kind'] }[]> {
    await tx.query(
      `DELETE FROM waiting_notice WHERE id = ANY (ARRAY(
         SELECT id FROM waiting_notice WHERE due_at <= now() AND created_at < now() - make_interval(days => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [KEEP, AT_ONCE],
    );
    return tx.query(
      `WITH due AS (
         UPDATE waiting_notice SET due_at = now() + make_interval(secs => $1)
         WHERE id = ANY (ARRAY(
           SELECT id FROM waiting_notice WHERE due_at <= now() ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING identity_id, kind)
       SELECT DISTINCT identity_id AS "identityId", kind FROM due`,
      [NOTICE_SPACING, AT_ONCE],
    );
  }

  /** Oldest first. */
  list(identityId: number, kind: string): Promise<{ id: number; notice: Notice }[]> {
    return this.dataSource.query(
      'SELECT id, notice FROM waiting_notice WHERE identity_id = $1 AND kind = $2 ORDER BY id LIMIT $3',
      [identityId, kind, AT_ONCE],
    );
  }

  async remove(ids: readonly number[]): Promise<void> {
    await this.dataSource.query('DELETE FROM waiting_notice WHERE id = ANY($1::int[])', [ids]);
  }
}
