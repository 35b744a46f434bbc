import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { Notice } from '../../../messages/message.js';

/** A notice there was no budget for: it waits and becomes one with others of its kind. */
@Entity('waiting_notice')
@Index('ux_waiting_notice_ref', ['identityId', 'ref'], { unique: true })
@Index('ix_waiting_notice_due_at', ['dueAt'])
@ForeignKey('Identity', ['identityId'], ['id'], { name: 'fk_waiting_notice_identity', onDelete: 'CASCADE' })
export class WaitingNotice {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_waiting_notice',
  })
  readonly id!: number;

  /** Where it goes. */
  @Column({ type: 'integer' })
  readonly identityId!: number;

  @Column({ type: 'varchar', length: 32 })
  readonly kind!: string;

  @Column({ type: 'jsonb' })
  readonly notice!: Notice;

  /** The job it came from: its repeats add nothing. */
  @Column({ type: 'varchar', length: 64 })
  readonly ref!: string;

  @Column({ type: 'timestamptz' })
  readonly dueAt!: Date;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;
}
