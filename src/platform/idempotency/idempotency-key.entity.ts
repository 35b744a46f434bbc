import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

export const IDEMPOTENCY_STATES = ['started', 'committed', 'done'] as const;
export type IdempotencyState = (typeof IDEMPOTENCY_STATES)[number];

/** One request of one user that carried an Idempotency-Key. Nobody is ever shown the answer of another. */
@Entity('idempotency_key')
@Index('ix_idempotency_key_created_at', ['createdAt'])
export class IdempotencyKey {
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'pk_idempotency_key' })
  readonly userId!: number;

  /** Method and pattern of the path. */
  @PrimaryColumn({ type: 'varchar', length: 128, primaryKeyConstraintName: 'pk_idempotency_key' })
  readonly route!: string;

  @PrimaryColumn({ type: 'varchar', length: 255, primaryKeyConstraintName: 'pk_idempotency_key' })
  readonly key!: string;

  /** SHA-256 of path, query and body. */
  @Column({ type: 'bytea' })
  readonly fingerprint!: Buffer;

  /** Which of several tries this is: only the last may change anything. */
  @Column({ type: 'uuid' })
  @Generated('uuid')
  readonly attempt!: string;

  /** `committed` is set in the transaction of the change itself. */
  @Column({ type: 'enum', enum: IDEMPOTENCY_STATES, enumName: 'idempotency_state', default: 'started' })
  readonly state!: IdempotencyState;

  /** Until then the request that started is taken to be running. */
  @Column({ type: 'timestamptz' })
  readonly lockedUntil!: Date;

  @Column({ type: 'smallint', nullable: true })
  readonly status!: number | null;

  @Column({ type: 'text', nullable: true })
  readonly body!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;
}
