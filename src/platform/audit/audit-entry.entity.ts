import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One line of the audit log. Append-only: the database refuses UPDATE, DELETE and TRUNCATE. */
@Entity('audit_log')
@Index('ix_audit_log_subject', ['subjectType', 'subjectId', 'id'])
@Index('ix_audit_log_actor', ['actorId', 'id'])
export class AuditEntry {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_audit_log',
  })
  readonly id!: string;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  readonly at!: Date;

  /** No foreign key: the entry outlives the user. */
  @Column({ type: 'integer', nullable: true })
  readonly actorId!: number | null;

  @Column({ type: 'varchar', length: 64 })
  readonly action!: string;

  @Column({ type: 'varchar', length: 32, nullable: true })
  readonly subjectType!: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  readonly subjectId!: string | null;

  @Column({ type: 'varchar', length: 16 })
  readonly outcome!: 'success' | 'failure';

  @Column({ type: 'inet', nullable: true })
  readonly ip!: string | null;

  @Column({ type: 'varchar', length: 256, nullable: true })
  readonly userAgent!: string | null;

  @Column({ type: 'varchar', length: 128, nullable: true })
  readonly requestId!: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  readonly sessionId!: string | null;

  /** What changed, without secrets. */
  @Column({ type: 'jsonb', default: () => `'{}'` })
  readonly details!: Record<string, unknown>;
}
