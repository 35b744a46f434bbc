import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.js';
import { keysetPage } from '../platform/database/keyset-page.js';
import type { Transaction } from '../platform/database/transactions.js';
import type { PublishedEvent } from '../platform/events/published-event.js';
import { type DeliveryState, WebhookDelivery } from './webhook-delivery.entity.js';
import { tracing } from '../platform/tracing/tracing.js';

/** An attempt somebody has taken upon themselves. */
export interface Claim {
  readonly deliveryId: string;
  readonly claim: string;
  readonly event: PublishedEvent;
  readonly traceparent: string | null;
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

/** Seconds after which whoever makes an attempt is taken to have died; an attempt takes ten at most. */
const LEASE = 30;
/** Seconds after which the job of an attempt that was asked for is taken to be lost. */
const JOB_LEASE = 60;
/** Attempts at one webhook at a time, so that one that hangs holds up itself only. */
const AT_ONCE = 2;

// The time of the statement, which is later than the row lock it waited for, and which indexes can be searched by.

/** SQL condition: nobody is making an attempt. */
const UNCLAIMED = '(claimed_until IS NULL OR claimed_until <= statement_timestamp())';
/** SQL condition: the next attempt may be made. */
const DUE = `state = 'pending' AND next_attempt_at <= statement_timestamp() AND ${UNCLAIMED}`;
/** SQL condition: nobody has been asked to make it. */
const UNASKED = '(asked_until IS NULL OR asked_until <= statement_timestamp())';
/** SQL expression: what `asked_until` is while the job waits. */
const ASKED = `statement_timestamp() + make_interval(secs => ${JOB_LEASE})`;

/** SQL expression: attempts at a webhook that may be made at once; none while it rests, one once it has hung. */
const limitOf = (webhook: string) => `coalesce((
  SELECT CASE WHEN resting_until > statement_timestamp() THEN 0 WHEN consecutive_timeouts > 0 THEN 1 END
  FROM webhook_health WHERE webhook_id = ${webhook}), ${AT_ONCE})`;
/** SQL expression: attempts at a webhook that are being made. */
const madeOf = (webhook: string) => `(
  SELECT count(*) FROM webhook_delivery made
  WHERE made.webhook_id = ${webhook} AND made.claim IS NOT NULL AND made.claimed_until > statement_timestamp())`;
/** SQL expression: attempts at a webhook that have been asked for. */
const askedOf = (webhook: string) => `(
  SELECT count(*) FROM webhook_delivery asked
  WHERE asked.webhook_id = ${webhook} AND asked.asked_until > statement_timestamp())`;
/** SQL expression: attempts at a webhook that may be asked for. Others ask at the same time: a few too many do no harm. */
const roomOf = (webhook: string) =>
  `greatest(0, ${limitOf(webhook)} - ${madeOf(webhook)} - ${askedOf(webhook)})`;

/**
 * Deliveries. Whoever makes attempts at those of a webhook, or ends them, holds the lock of its row
 * (WebhooksRepository.findForChange); to ask for attempts takes none.
 */
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

  /**
   * One delivery for each webhook that asks for events of this type; none where there is one already. Answers those
   * an attempt is to be asked for at once; the others wait until one before them has ended, or for `takeDue`.
   */
  async insertForSubscribers(tx: Transaction, event: PublishedEvent): Promise<string[]> {
    const rows = await tx.query<{ id: string; isAsked: boolean }>(
      `INSERT INTO webhook_delivery (webhook_id, event_id, event_type, event, traceparent, asked_until)
       SELECT w.id, $1, $2::varchar, $3, $4, CASE WHEN ${roomOf('w.id')} > 0 THEN ${ASKED} END
       FROM webhook w
       WHERE is_active AND deleted_at IS NULL AND event_types && ARRAY['*', $2, split_part($2, '.', 1) || '.*']::text[]
       ORDER BY w.id
       ON CONFLICT (webhook_id, event_id) DO NOTHING RETURNING id, asked_until IS NOT NULL AS "isAsked"`,
      [event.id, event.type, JSON.stringify(event), tracing.traceparent() ?? null],
    );
    return rows.filter(({ isAsked }) => isAsked).map(({ id }) => id);
  }

  /** One delivery, an attempt at which is asked for at once. */
  async insert(tx: Transaction, webhookId: number, event: PublishedEvent): Promise<string> {
    const rows = await tx.query<{ id: string }>(
      `INSERT INTO webhook_delivery (webhook_id, event_id, event_type, event, traceparent, asked_until)
       VALUES ($1, $2, $3, $4, $5, ${ASKED}) RETURNING id`,
      [webhookId, event.id, event.type, JSON.stringify(event), tracing.traceparent() ?? null],
    );
    return rows[0]?.id ?? '';
  }

  /**
   * Takes an attempt: null when it is not due, somebody else has it, or as many of the webhook's are being made as may
   * be at once.
   */
  async claim(
    tx: Transaction,
    { id, webhookId }: Pick<WebhookDelivery, 'id' | 'webhookId'>,
  ): Promise<Claim | null> {
    const rows = await tx.query<Claim>(
      `UPDATE webhook_delivery
       SET claim = gen_random_uuid(), claimed_until = clock_timestamp() + make_interval(secs => $3), asked_until = NULL,
         attempts = attempts + 1
       WHERE id = $1 AND ${DUE} AND ${madeOf('$2')} < ${limitOf('$2')}
       RETURNING id AS "deliveryId", claim, event, traceparent, attempts`,
      [id, webhookId, LEASE],
    );
    return rows[0] ?? null;
  }

  /** Its job has come and could not make the attempt: it may be asked for again. */
  async unask(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      'UPDATE webhook_delivery SET asked_until = NULL WHERE id = $1 AND asked_until IS NOT NULL',
      [id],
    );
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
      `UPDATE webhook_delivery SET state = 'failed', last_error = $2, claim = NULL, claimed_until = NULL, asked_until = NULL,
         next_attempt_at = NULL, finished_at = clock_timestamp()
       WHERE webhook_id = $1 AND state = 'pending' AND ${UNCLAIMED}`,
      [webhookId, error],
    );
  }

  /** Starts over with the first attempt, which is asked for at once; false while an attempt is being made. */
  async restart(tx: Transaction, id: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE webhook_delivery SET state = 'pending', attempts = 0, next_attempt_at = now(), finished_at = NULL,
         claim = NULL, claimed_until = NULL, asked_until = ${ASKED}
       WHERE id = $1 AND ${UNCLAIMED} RETURNING 1`,
      [id],
    );
    return rows.length > 0;
  }

  /**
   * Takes what is due and has not been asked for, of one webhook or of each: the longest waiting first, and no more than
   * may be made at once. Whoever takes it has it made.
   */
  async takeDue(tx: Transaction, webhookId: number | null = null): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `UPDATE webhook_delivery SET asked_until = ${ASKED}
       WHERE id = ANY (ARRAY(
         SELECT d.id FROM webhook w CROSS JOIN LATERAL (
           SELECT id FROM webhook_delivery WHERE webhook_id = w.id AND ${DUE} AND ${UNASKED}
           ORDER BY next_attempt_at LIMIT ${roomOf('w.id')} FOR UPDATE SKIP LOCKED) d
         WHERE $1::int IS NULL OR w.id = $1))
       RETURNING id`,
      [webhookId],
    );
    return rows.map(({ id }) => id);
  }

  /** Answers how many were removed. */
  async removeOld(tx: Transaction, days: number, batch: number): Promise<number> {
    const rows = await tx.query(
      `DELETE FROM webhook_delivery WHERE id = ANY (ARRAY(
         SELECT id FROM webhook_delivery WHERE finished_at < now() - make_interval(days => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [days, batch],
    );
    return rows.length;
  }
}
