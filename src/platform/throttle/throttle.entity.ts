import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Failures counted under one key within a window. The key is a keyed digest: it tells nobody whose it is. */
@Entity('throttle')
@Index('ix_throttle_window_start', ['windowStart'])
export class Throttle {
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'pk_throttle' })
  readonly key!: Buffer;

  @Column({ type: 'integer' })
  readonly fails!: number;

  @Column({ type: 'timestamptz' })
  readonly windowStart!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  readonly lockedUntil!: Date | null;
}
