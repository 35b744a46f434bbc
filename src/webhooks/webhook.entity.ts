import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../access/authored-by-users.js';
import { CommonColumns } from '../platform/database/common-columns.js';

export const DISABLED_REASONS = ['failing', 'gone'] as const;
/** Why the service switched a webhook off: days of failures, or a receiver that answered 410. */
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** Where events are sent to. */
@Entity('webhook')
@AuthoredByUsers('webhook')
@Index('ix_webhook_created_at', ['createdAt', 'id'])
export class Webhook extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_webhook',
  })
  readonly id!: number;

  /** May hold a token in its path or query: in no event, audit entry or log. */
  @Column({ type: 'varchar', length: 2048 })
  url!: string;

  @Column({ type: 'varchar', length: 256, nullable: true })
  description!: string | null;

  /** `user.created`, `user.*` or `*`. */
  @Column({ type: 'text', array: true })
  eventTypes!: string[];

  @Column({ type: 'boolean', default: true })
  isActive!: boolean;

  /** Null when a person switched it off. */
  @Column({ type: 'varchar', length: 16, nullable: true })
  disabledReason!: DisabledReason | null;

  @Column({ type: 'bytea' })
  sealedSecret!: Buffer;

  /** Signs as well until `previousSecretEndsAt`, so that a receiver can take over the new one at leisure. */
  @Column({ type: 'bytea', nullable: true })
  sealedPreviousSecret!: Buffer | null;

  @Column({ type: 'timestamptz', nullable: true })
  previousSecretEndsAt!: Date | null;
}
