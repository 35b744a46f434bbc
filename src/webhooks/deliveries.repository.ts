import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.js';
import { keysetPage } from '../platform/database/keyset-page.js';
import type { Transaction } from '../platform/database/transactions.js';
import type { PublishedEvent } from '../platform/events/published-event.js';
import { type DeliveryState, WebhookDelivery } from './webhook-delivery.entity.js';

/** An attempt somebody has taken upon themselves. */
export interface Claim {
  readonly deliveryId: string;
  readonly claim: string;
  readonly event: PublishedEvent;
  /** This one included. */
  readonly attempts: number;
}

/** What an attempt has come to. */
export interface Settlement {
  readonly state: DeliveryState;
  readonly status: number | null;
  readonly latency: number;
  readonly error: string | null;
  /** Seconds until the next attempt; null when there is none. */
  readonly pause: number | null;
}

/** SQL condition: nobody is making an attempt. */
const UNCLAIMED = '(claimed_until IS NULL OR claimed_until <= clock_timestamp())';
/** SQL condition: the next attempt may be made. */
const DUE = `state = 'pending' AND next_attempt_at <= clock_timestamp() AND ${UNCLAIMED}`;

/** Deliveries. Whoever changes those of a webhook holds the lock of its row (WebhooksRepository.findForChange). */
@Injectable()
export class DeliveriesRepository {
  constructor(@InjectRepository(WebhookDelivery) private readonly deliveries: Repository<WebhookDelivery>) {}

  list(
    webhookId: number,
    state: DeliveryState | undefined,
    request: PageRequest<'id'>,
  ): Promise<Page<WebhookDelivery>> {
    const query = this.deliveries
      .createQueryBuilder('row')
      .where('row.webhook_id = :webhookId', { webhookId });
    if (state !== undefined) query.andWhere('row.state = :state', { state });
    return keysetPage(query, request);
  }

  find(tx: Transaction, id: string | number): Promise<WebhookDelivery | null> {
    return tx.repository(WebhookDelivery).findOneBy({ id: String(id) });
  }

  /** One delivery for each webhook that asks for events of this type; none where there is one already. */
  async insertForSubscribers(tx: Transaction, event: PublishedEvent): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `INSERT INTO webhook_delivery (webhook_id, event_id, event_type, event)
       SELECT id, $1, $2::varchar, $3 FROM webhook
       WHERE is_active AND deleted_at IS NULL AND event_types && ARRAY['*', $2, split_part($2, '.', 1) || '.*']::text[]
       ORDER BY id
       ON CONFLICT (webhook_id, event_id) DO NOTHING RETURNING id`,
      [event.id, event.type, JSON.stringify(event)],
    );
    return rows.map(({ id }) => id);
  }

  async insert(tx: Transaction, webhookId: number, event: PublishedEvent): Promise<string> {
    const rows = await tx.query<{ id: string }>(
      `INSERT INTO webhook_delivery (webhook_id, event_id, event_type, event) VALUES ($1, $2, $3, $4) RETURNING id`,
      [webhookId, event.id, event.type, JSON.stringify(event)],
    );
    return rows[0]?.id ?? '';
  }

  /**
   * Takes an attempt for `lease` seconds: null when it is not due, somebody else has it, or `limit` of the webhook's
   * deliveries are being made.
   */
  async claim(
    tx: Transaction,
    { id, webhookId }: Pick<WebhookDelivery, 'id' | 'webhookId'>,
    lease: number,
    limit: number,
  ): Promise<Claim | null> {
    const rows = await tx.query<Claim>(
      `UPDATE webhook_delivery
       SET claim = gen_random_uuid(), claimed_until = clock_timestamp() + make_interval(secs => $3), attempts = attempts + 1
       WHERE id = $1 AND ${DUE} AND (
         SELECT count(*) FROM webhook_delivery other
         WHERE other.webhook_id = $2 AND other.claim IS NOT NULL AND other.claimed_until > clock_timestamp()) < $4
       RETURNING id AS "deliveryId", claim, event, attempts`,
      [id, webhookId, lease, limit],
    );
    return rows[0] ?? null;
  }

  /** Writes down the outcome; false when somebody else has taken the delivery over meanwhile. */
  async settle(tx: Transaction, { deliveryId, claim }: Claim, outcome: Settlement): Promise<boolean> {
    const { state, status, latency, error, pause } = outcome;
    const rows = await tx.query(
      `UPDATE webhook_delivery SET claim = NULL, claimed_until = NULL, state = $7, last_status = $3, last_latency = $4, last_error = $5,
         next_attempt_at = clock_timestamp() + make_interval(secs => $6::float8),
         finished_at = CASE WHEN $6::float8 IS NULL THEN clock_timestamp() END
       WHERE id = $1 AND claim = $2 RETURNING 1`,
      [deliveryId, claim, status, latency, error, pause, state],
    );
    return rows.length > 0;
  }

  /** Gives up everything that waits to be sent to a webhook. */
  async giveUp(tx: Transaction, webhookId: number, error: string): Promise<void> {
    await tx.query(
      `UPDATE webhook_delivery SET state = 'failed', last_error = $2, claim = NULL, claimed_until = NULL,
         next_attempt_at = NULL, finished_at = clock_timestamp()
       WHERE webhook_id = $1 AND state = 'pending' AND ${UNCLAIMED}`,
      [webhookId, error],
    );
  }

  /** Starts over with the first attempt, at once; false while an attempt is being made. */
  async restart(tx: Transaction, id: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE webhook_delivery SET state = 'pending', attempts = 0, next_attempt_at = now(), finished_at = NULL,
         claim = NULL, claimed_until = NULL
       WHERE id = $1 AND ${UNCLAIMED} RETURNING 1`,
      [id],
    );
    return rows.length > 0;
  }

  /** What is due, the longest waiting of each webhook first and at most `limit` of each. */
  async due(tx: Transaction, limit: number, webhookId: number | null = null): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `SELECT d.id FROM webhook w CROSS JOIN LATERAL (
         SELECT id FROM webhook_delivery WHERE webhook_id = w.id AND ${DUE} ORDER BY next_attempt_at LIMIT $1) d
       WHERE $2::int IS NULL OR w.id = $2`,
      [limit, webhookId],
    );
    return rows.map(({ id }) => id);
  }

  /** Answers how many were removed. */
  async removeOld(tx: Transaction, days: number, batch: number): Promise<number> {
    const rows = await tx.query(
      `DELETE FROM webhook_delivery WHERE id IN (
         SELECT id FROM webhook_delivery WHERE finished_at < now() - make_interval(days => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,
      [days, batch],
    );
    return rows.length;
  }
}
