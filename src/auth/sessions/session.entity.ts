import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

export const REVOKE_REASONS = [
  'logout',
  'logout_all',
  'ended_by_user',
  'ended_by_admin',
  'refresh_reuse',
  'token_revoked',
  'password_changed',
  'user_disabled',
  'user_deleted',
  'session_limit',
  'identity_removed',
] as const;
export type RevokeReason = (typeof REVOKE_REASONS)[number];

/** One sign-in: the family of its refresh tokens, and the `sid` of its access tokens. */
@Entity('session')
@Index('ix_session_user', ['userId', 'id'], { where: 'revoked_at IS NULL' })
@Index('ix_session_idle_expires_at', ['idleExpiresAt'])
@Check('ck_session_revoked', '(revoked_at IS NULL) = (revoke_reason IS NULL)')
export class Session {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_session',
  })
  readonly id!: string;

  @Column({ type: 'integer' })
  readonly userId!: number;

  /** How its user proved who they are: authentication method references. Empty for those of before it was kept. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  readonly amr!: string[];

  /** The address, number or provider account that was proved; null for a password. No foreign key: it is a user's. */
  @Column({ type: 'integer', nullable: true })
  readonly identityId!: number | null;

  /** When its user last proved who they are in it. Null for those of before it was kept: then it is `createdAt`. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly authTime!: Date | null;

  /** The client it was opened for; null for the applications of whoever runs the service, which all are for now. */
  @Column({ type: 'text', nullable: true })
  readonly clientId!: string | null;

  @Column({ type: 'inet', nullable: true })
  readonly ip!: string | null;

  @Column({ type: 'varchar', length: 256, nullable: true })
  readonly userAgent!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  /** Last sign-in or refresh. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly lastSeenAt!: Date;

  /** Moves on with every refresh. */
  @Column({ type: 'timestamptz' })
  readonly idleExpiresAt!: Date;

  /** Absolute: nothing moves it. */
  @Column({ type: 'timestamptz' })
  readonly expiresAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  readonly revokedAt!: Date | null;

  @Column({ type: 'varchar', length: 32, nullable: true })
  readonly revokeReason!: RevokeReason | null;
}
