import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Webhook } from './webhook.entity.js';

/** How a receiver does. Beside `webhook`, whose `updated_at` and `updated_by` tell of people's changes only. */
@Entity('webhook_health')
export class WebhookHealth {
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'pk_webhook_health' })
  @ForeignKey(() => Webhook, { name: 'fk_webhook_health_webhook', onDelete: 'CASCADE' })
  readonly webhookId!: number;

  /** The first failure since the last success. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly failingSince!: Date | null;

  @Column({ type: 'integer', default: 0 })
  readonly consecutiveFailures!: number;

  /** Attempts in a row that brought no answer in time. */
  @Column({ type: 'integer', default: 0 })
  readonly consecutiveTimeouts!: number;

  /** Nothing is sent until then. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly restingUntil!: Date | null;
}
