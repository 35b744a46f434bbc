import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What was sent within the running hour and day, for one use, to one destination, by one causer, or to everybody. */
@Entity('send_budget')
@Index('ix_send_budget_day_start', ['dayStart'])
@Index('ix_send_budget_destination', ['destination'])
export class SendBudgetEntry {
  /** A keyed digest of what is counted. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'pk_send_budget' })
  readonly key!: Buffer;

  /** A keyed digest of the destination, where one is counted. */
  @Column({ type: 'bytea', nullable: true })
  readonly destination!: Buffer | null;

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
