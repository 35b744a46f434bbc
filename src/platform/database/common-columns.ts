import { Column, DeleteDateColumn } from 'typeorm';

/**
 * The columns every table but the append-only ones carries.
 *
 * The trigger `set_common_columns` is the one mechanism that writes them, for every statement, bulk updates and
 * hand-written SQL included: times from the database clock, people from the transaction's author (see
 * {@link Transactions}). The application never writes them, hence `insert: false, update: false`.
 */
export abstract class CommonColumns {
  @Column({ type: 'timestamptz', default: () => 'now()', insert: false, update: false })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', default: () => 'now()', insert: false, update: false })
  readonly updatedAt!: Date;

  /** The acting user; null for the system. */
  @Column({ type: 'integer', nullable: true, insert: false, update: false })
  readonly createdBy!: number | null;

  @Column({ type: 'integer', nullable: true, insert: false, update: false })
  readonly updatedBy!: number | null;

  /** Set means soft-deleted: every query, list, count, uniqueness rule and sign-in ignores the row. */
  @DeleteDateColumn({ type: 'timestamptz' })
  readonly deletedAt!: Date | null;
}
