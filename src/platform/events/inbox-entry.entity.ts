import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An event a consumer has dealt with; see Inbox. */
@Entity('inbox')
@Index('ix_inbox_handled_at', ['handledAt'])
export class InboxEntry {
  @PrimaryColumn({ type: 'varchar', length: 64, primaryKeyConstraintName: 'pk_inbox' })
  readonly consumer!: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_inbox' })
  readonly eventId!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly handledAt!: Date;
}
