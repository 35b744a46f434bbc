import { Column, Entity, Generated, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A domain event waiting to be delivered, written in the transaction of the change it tells of. */
@Entity('outbox')
@Index('ux_outbox_event_id', ['eventId'], { unique: true })
@Index('ix_outbox_unpublished', ['id'], { where: 'published_at IS NULL' })
@Index('ix_outbox_unbroadcast', ['id'], { where: 'broadcast_at IS NULL AND NOT is_job' })
@Index('ix_outbox_published_at', ['publishedAt'])
export class OutboxMessage {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_outbox',
  })
  readonly id!: string;

  @Column({ type: 'uuid' })
  @Generated('uuid')
  readonly eventId!: string;

  /** `user.created` */
  @Column({ type: 'varchar', length: 64 })
  readonly type!: string;

  @Column({ type: 'smallint' })
  readonly version!: number;

  @Column({ type: 'varchar', length: 32 })
  readonly aggregateType!: string;

  @Column({ type: 'varchar', length: 64 })
  readonly aggregateId!: string;

  @Column({ type: 'jsonb' })
  readonly payload!: Record<string, unknown>;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  readonly occurredAt!: Date;

  /** Handed to the queues. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly publishedAt!: Date | null;

  /** Work for the one handler that `type` names; such rows are told to nobody else. */
  @Column({ type: 'boolean', default: false })
  readonly isJob!: boolean;

  /** Of the trace it was written in (W3C Trace Context); null where none was recorded. */
  @Column({ type: 'varchar', length: 55, nullable: true })
  readonly traceparent!: string | null;

  /** Confirmed by the message broker. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly broadcastAt!: Date | null;
}
