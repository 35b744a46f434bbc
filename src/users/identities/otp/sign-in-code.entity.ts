import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * The code to sign in with that one asker has for one contact: a device of the owner, or a network. So a stranger replaces,
 * locks and uses up only what is theirs.
 */
@Entity('sign_in_code')
@Index('ux_sign_in_code_asker', ['identityId', 'asker'], { unique: true })
@Index('ux_sign_in_code_otp_challenge', ['otpChallenge'], { unique: true })
@Index('ix_sign_in_code_created_at', ['createdAt'])
@ForeignKey('Identity', ['identityId'], ['id'], { name: 'fk_sign_in_code_identity', onDelete: 'CASCADE' })
export class SignInCode {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_sign_in_code',
  })
  readonly id!: number;

  @Column({ type: 'integer' })
  readonly identityId!: number;

  /** A keyed digest of who asks. */
  @Column({ type: 'bytea' })
  readonly asker!: Buffer;

  /** A device that has signed in as the owner before. */
  @Column({ type: 'boolean' })
  readonly isKnown!: boolean;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  // As on user_identity: the same statements serve both.
  @Column({ type: 'varchar', length: 10, nullable: true, select: false })
  readonly otpCode!: string | null;

  @Column({ type: 'uuid', nullable: true })
  readonly otpChallenge!: string | null;

  @Column({ type: 'varchar', length: 16, nullable: true })
  readonly otpPurpose!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly otpGeneratedAt!: Date | null;

  @Column({ type: 'integer', default: 0 })
  readonly wrongOtpCount!: number;

  @Column({ type: 'timestamptz', nullable: true })
  readonly otpLockedUntil!: Date | null;

  @Column({ type: 'integer', default: 0 })
  readonly otpFailures!: number;
}
