import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What was sent to one destination within the running hour and day. The key is a keyed digest of the destination. */
@Entity('send_budget')
@Index('ix_send_budget_day_start', ['dayStart'])
export class SendBudgetEntry {
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'pk_send_budget' })
  readonly key!: Buffer;

  @Column({ type: 'timestamptz' })
  readonly hourStart!: Date;

  @Column({ type: 'integer' })
  readonly hourCount!: number;

  @Column({ type: 'timestamptz' })
  readonly dayStart!: Date;

  @Column({ type: 'integer' })
  readonly dayCount!: number;

  /** Null once the destination was proved: the next message need not wait. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly lastSentAt!: Date | null;

  /** The job that took the last one: its repeats do not count again. */
  @Column({ type: 'varchar', length: 64 })
  readonly lastRef!: string;
}
