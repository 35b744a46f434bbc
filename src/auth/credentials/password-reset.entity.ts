import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { CommonColumns } from '../../platform/database/common-columns.js';

export const RESET_PURPOSES = ['invitation', 'recovery'] as const;
export type ResetPurpose = (typeof RESET_PURPOSES)[number];

/** A one-time token to set a password with, sent to one contact of the user. Only its hash is kept. */
@Entity('password_reset')
@Index('ux_password_reset_token', ['tokenHash'], { unique: true })
@Index('ix_password_reset_user', ['userId'])
@Index('ix_password_reset_expires_at', ['expiresAt'])
export class PasswordReset extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_password_reset',
  })
  readonly id!: number;

  @Column({ type: 'integer' })
  readonly userId!: number;

  /** The identity the token was sent to: who presents the token has shown control of it. */
  @Column({ type: 'integer' })
  readonly identityId!: number;

  @Column({ type: 'enum', enum: RESET_PURPOSES, enumName: 'password_reset_purpose' })
  readonly purpose!: ResetPurpose;

  /** SHA-256 */
  @Column({ type: 'bytea', select: false })
  readonly tokenHash!: Buffer;

  @Column({ type: 'timestamptz' })
  readonly expiresAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  usedAt!: Date | null;
}
