import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../../access/authored-by-users.js';
import { CONTACT_TYPES } from '../../messages/contact.js';
import { CommonColumns } from '../../platform/database/common-columns.js';

export const IDENTITY_TYPES = [...CONTACT_TYPES, 'oauth'] as const;
export type IdentityType = (typeof IDENTITY_TYPES)[number];

/** An e-mail address, mobile number or account at a provider by which a user is known. */
@Entity('user_identity')
@AuthoredByUsers('user_identity')
// Null providers count as equal here (NULLS NOT DISTINCT), which a decorator cannot say.
@Index('ux_user_identity_value', { synchronize: false })
@Index('ux_user_identity_primary', ['userId', 'type'], {
  unique: true,
  where: 'is_primary AND deleted_at IS NULL',
})
@Index('ix_user_identity_user', ['userId'])
@Index('ix_user_identity_to_purge', ['deletedAt'], { where: 'deleted_at IS NOT NULL' })
@Index('ix_user_identity_deleted_value', ['type', 'value'], { where: 'deleted_at IS NOT NULL' })
@Index('ux_user_identity_otp_challenge', ['otpChallenge'], {
  unique: true,
  where: 'otp_challenge IS NOT NULL',
})
@Check('ck_user_identity_provider', `(type = 'oauth') = (oauth_provider IS NOT NULL)`)
@Check('ck_user_identity_contact', `type <> 'oauth' OR (is_verified IS NULL AND is_primary IS NULL)`)
@Check('ck_user_identity_otp_count', 'wrong_otp_count >= 0')
export class Identity extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_user_identity',
  })
  readonly id!: number;

  @Column({ type: 'integer' })
  @ForeignKey('User', { name: 'fk_user_identity_user', onDelete: 'CASCADE' })
  readonly userId!: number;

  @Column({ type: 'enum', enum: IDENTITY_TYPES, enumName: 'identity_type' })
  readonly type!: IdentityType;

  /** Canonical e-mail, E.164 number, or the provider's subject id. */
  @Column({ type: 'varchar', length: 191, collation: 'C' })
  value!: string;

  @Column({ type: 'boolean', nullable: true, default: false })
  isVerified!: boolean | null;

  @Column({ type: 'boolean', nullable: true, default: false })
  isPrimary!: boolean | null;

  @Column({ type: 'varchar', length: 50, nullable: true, collation: 'C' })
  oauthProvider!: string | null;

  /** Keyed MAC of the last one-time password, cut to what fits. */
  @Column({ type: 'varchar', length: 10, nullable: true })
  otpCode!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  otpGeneratedAt!: Date | null;

  @Column({ type: 'integer', default: 0 })
  wrongOtpCount!: number;

  @Column({ type: 'timestamptz', nullable: true })
  otpLockedUntil!: Date | null;

  /** Names the request the code was made for; told to nobody but who made it. */
  @Column({ type: 'uuid', nullable: true })
  otpChallenge!: string | null;

  @Column({ type: 'varchar', length: 16, nullable: true })
  otpPurpose!: string | null;

  /** Wrong codes since the last right one, over all locks. */
  @Column({ type: 'integer', default: 0 })
  otpFailures!: number;
}
