import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { PublishedEvent } from '../platform/events/published-event.js';
import { Webhook } from './webhook.entity.js';

/** `pending` has another attempt before it; `failed` has none left, and can be replayed. */
export const DELIVERY_STATES = ['pending', 'succeeded', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one webhook: the log of what was sent, and the plan of what will be. */
@Entity('webhook_delivery')
@Index('ux_webhook_delivery_event', ['webhookId', 'eventId'], { unique: true })
@Index('ix_webhook_delivery_webhook', ['webhookId', 'id'])
@Index('ix_webhook_delivery_state', ['webhookId', 'state', 'id'])
@Index('ix_webhook_delivery_due', ['webhookId', 'nextAttemptAt'], { where: `state = 'pending'` })
@Index('ix_webhook_delivery_claimed', ['webhookId'], { where: 'claim IS NOT NULL' })
@Index('ix_webhook_delivery_asked', ['webhookId'], { where: 'asked_until IS NOT NULL' })
@Index('ix_webhook_delivery_finished_at', ['finishedAt'])
export class WebhookDelivery {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_webhook_delivery',
  })
  readonly id!: string;

  @Column({ type: 'integer' })
  @ForeignKey(() => Webhook, { name: 'fk_webhook_delivery_webhook', onDelete: 'CASCADE' })
  readonly webhookId!: number;

  @Column({ type: 'uuid' })
  readonly eventId!: string;

  @Column({ type: 'varchar', length: 64 })
  readonly eventType!: string;

  /** What is sent. */
  @Column({ type: 'jsonb' })
  readonly event!: PublishedEvent;

  /** Of the trace the event comes from, which later attempts are part of as well. */
  @Column({ type: 'varchar', length: 55, nullable: true })
  readonly traceparent!: string | null;

  @Column({
    type: 'enum',
    enum: DELIVERY_STATES,
    enumName: 'webhook_delivery_state',
    default: 'pending',
  })
  readonly state!: DeliveryState;

  @Column({ type: 'smallint', default: 0 })
  readonly attempts!: number;

  @Column({ type: 'timestamptz', nullable: true, default: () => 'now()' })
  readonly nextAttemptAt!: Date | null;

  /** The attempt that is being made; whoever holds another one writes nothing. */
  @Column({ type: 'uuid', nullable: true })
  readonly claim!: string | null;

  /** Until then nobody else makes an attempt; afterwards whoever made this one is taken to have died. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly claimedUntil!: Date | null;

  /** A job waits for a worker that makes the attempt; after this time it is taken to be lost. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly askedUntil!: Date | null;

  @Column({ type: 'smallint', nullable: true })
  readonly lastStatus!: number | null;

  /** Milliseconds. */
  @Column({ type: 'integer', nullable: true })
  readonly lastLatency!: number | null;

  /** See DeliveryError. Nothing of what the receiver answered but its status is kept. */
  @Column({ type: 'varchar', length: 32, nullable: true })
  readonly lastError!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  readonly finishedAt!: Date | null;
}
