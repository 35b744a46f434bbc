import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.js';
import { keysetPage } from '../platform/database/keyset-page.js';
import { insertReturning, updateReturning } from '../platform/database/returning.js';
import type { Transaction } from '../platform/database/transactions.js';
import { type DisabledReason, Webhook } from './webhook.entity.js';

export type WebhookSortField = 'id' | 'createdAt';
export type WebhookFields = Pick<Webhook, 'url' | 'description' | 'eventTypes'>;
export type WebhookChanges = Partial<WebhookFields & Pick<Webhook, 'isActive'>>;
/** How a webhook fails: failures and timeouts in a row, and for how many days there has been nothing else. */
export interface Failing {
  readonly failures: number;
  readonly timeouts: number;
  readonly days: number;
}
export type WebhookKeys = Pick<Webhook, 'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretEndsAt'>;

@Injectable()
export class WebhooksRepository {
  constructor(@InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>) {}

  list(request: PageRequest<WebhookSortField>): Promise<Page<Webhook>> {
    return keysetPage(this.webhooks.createQueryBuilder('row'), request);
  }

  find(id: number): Promise<Webhook | null> {
    return this.webhooks.findOneBy({ id });
  }

  /** Whether anything is sent to anybody. */
  hasActive(): Promise<boolean> {
    return this.webhooks.existsBy({ isActive: true });
  }

  /** The row lock through which everything that happens to a webhook and its deliveries takes its turn. */
  findForChange(tx: Transaction, id: number): Promise<Webhook | null> {
    return tx.repository(Webhook).findOne({ where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** The id of the next webhook, which its secret is sealed under. */
  async nextId(tx: Transaction): Promise<number> {
    const rows = await tx.query<{ id: number }>(
      `SELECT nextval(pg_get_serial_sequence('webhook', 'id'))::int AS id`,
    );
    return rows[0]?.id ?? 0;
  }

  async insert(tx: Transaction, id: number, fields: WebhookFields, sealedSecret: Buffer): Promise<Webhook> {
    const webhook = await insertReturning(tx, Webhook, { id, ...fields, sealedSecret });
    await tx.query('INSERT INTO webhook_health (webhook_id) VALUES ($1)', [id]);
    return webhook;
  }

  update(
    tx: Transaction,
    id: number,
    fields: WebhookChanges & { disabledReason?: null } & Partial<WebhookKeys>,
  ): Promise<Webhook> {
    return updateReturning(tx, Webhook, id, fields);
  }

  async softDelete(tx: Transaction, id: number): Promise<void> {
    await tx.repository(Webhook).softDelete({ id, deletedAt: IsNull() });
  }

  /** False when it is off or deleted already. */
  async disable(tx: Transaction, id: number, reason: DisabledReason): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE webhook SET is_active = false, disabled_reason = $2
       WHERE id = $1 AND is_active AND deleted_at IS NULL RETURNING 1`,
      [id, reason],
    );
    return rows.length > 0;
  }

  async recordSuccess(tx: Transaction, id: number): Promise<void> {
    await tx.query(
      `UPDATE webhook_health
       SET failing_since = NULL, consecutive_failures = 0, consecutive_timeouts = 0, resting_until = NULL
       WHERE webhook_id = $1 AND (consecutive_failures > 0 OR consecutive_timeouts > 0)`,
      [id],
    );
  }

  async recordFailure(tx: Transaction, id: number, isTimeout: boolean): Promise<Failing> {
    const rows = await tx.query<Failing>(
      `UPDATE webhook_health
       SET consecutive_failures = consecutive_failures + 1, failing_since = coalesce(failing_since, now()),
         consecutive_timeouts = CASE WHEN $2 THEN consecutive_timeouts + 1 ELSE 0 END,
         resting_until = CASE WHEN $2 OR resting_until > now() THEN resting_until END
       WHERE webhook_id = $1
       RETURNING consecutive_failures AS failures, consecutive_timeouts AS timeouts,
         extract(epoch FROM now() - failing_since)::float8 / 86400 AS days`,
      [id, isTimeout],
    );
    return rows[0] ?? { failures: 0, timeouts: 0, days: 0 };
  }

  /** Has nothing sent for so many seconds. */
  async rest(tx: Transaction, id: number, seconds: number): Promise<void> {
    await tx.query(
      `UPDATE webhook_health SET resting_until = clock_timestamp() + make_interval(secs => $2::float8) WHERE webhook_id = $1`,
      [id, seconds],
    );
  }

  /** Has it called as if it had always answered in time. */
  async endRest(tx: Transaction, id: number): Promise<void> {
    await tx.query(
      `UPDATE webhook_health SET consecutive_timeouts = 0, resting_until = NULL
       WHERE webhook_id = $1 AND (consecutive_timeouts > 0 OR resting_until IS NOT NULL)`,
      [id],
    );
  }
}
