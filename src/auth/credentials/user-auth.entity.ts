import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { CommonColumns } from '../../platform/database/common-columns.js';

/** How a user signs in with a password. The user's id crosses to the users' database: no relation here. */
@Entity('user_auth')
@Index('ux_user_auth_user', ['userId'], { unique: true, where: 'deleted_at IS NULL' })
@Index('ix_user_auth_deleted_user', ['userId'], { where: 'deleted_at IS NOT NULL' })
@Index('ux_user_auth_username', ['username'], { unique: true, where: 'deleted_at IS NULL' })
@Check('ck_user_auth_wrong_password_count', 'wrong_password_count >= 0')
@Check('ck_user_auth_username', `username !~ '[@+A-Z]' AND username !~ '^[0-9]'`)
export class UserAuth extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_user_auth',
  })
  readonly id!: number;

  @Column({ type: 'integer' })
  readonly userId!: number;

  /** In lower case: the canonical form is what is stored. */
  @Column({ type: 'varchar', length: 100, nullable: true, collation: 'C' })
  username!: string | null;

  /** Self-describing; `!` while nobody has set a password. */
  @Column({ type: 'varchar', length: 256, select: false })
  passwordHash!: string;

  /** Goes up with every new password. */
  @Column({ type: 'integer', default: 1 })
  credentialVersion!: number;

  @Column({ type: 'integer', default: 0 })
  wrongPasswordCount!: number;

  @Column({ type: 'timestamptz', nullable: true })
  accountLockedUntil!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastLoginAt!: Date | null;
}
