import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** An account somebody has asked for. It is made when they have proved that the contact is theirs. */
@Entity('registration')
@Index('ux_registration_otp_challenge', ['otpChallenge'], { unique: true })
@Index('ix_registration_created_at', ['createdAt'])
@Check('ck_registration_contact_type', `contact_type IN ('email', 'mobile')`)
export class Registration {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_registration',
  })
  readonly id!: number;

  @Column({ type: 'varchar', length: 64 })
  readonly firstName!: string;

  @Column({ type: 'varchar', length: 64, nullable: true })
  readonly lastName!: string | null;

  @Column({ type: 'varchar', length: 8 })
  readonly language!: string;

  @Column({ type: 'varchar', length: 8 })
  readonly contactType!: string;

  @Column({ type: 'varchar', length: 191 })
  readonly contactValue!: string;

  @Column({ type: 'varchar', length: 256, select: false })
  readonly passwordHash!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  // As on user_identity: the same statements serve both.
  @Column({ type: 'varchar', length: 10, nullable: true, select: false })
  readonly otpCode!: string | null;

  @Column({ type: 'uuid' })
  readonly otpChallenge!: string;

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
