import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../access/authored-by-users.js';
import type { Language } from '../common/language.js';
import { CommonColumns } from '../platform/database/common-columns.js';
import { Role } from '../roles/role.entity.js';

export const GENDERS = ['male', 'female', 'other', 'prefer_not_to_say'] as const;
export type Gender = (typeof GENDERS)[number];

/** SQL condition: not deleted. */
const LIVE = 'deleted_at IS NULL';
/** SQL condition: deleted, and not purged yet. */
const RESTORABLE = 'deleted_at IS NOT NULL AND purged_at IS NULL';

/** A person with an account. How they are reached and sign in is kept in identities and credentials. */
@Entity('user')
@AuthoredByUsers('user')
@Check('ck_user_dob', `dob <= (now() AT TIME ZONE 'UTC' + interval '14 hours')::date`)
@Index('ix_user_created_at', ['createdAt', 'id'], { where: LIVE })
@Index('ix_user_active', ['isActive', 'id'], { where: LIVE })
@Index('ix_user_active_created_at', ['isActive', 'createdAt', 'id'], { where: LIVE })
@Index('ix_user_role', ['roleId', 'id'], { where: LIVE })
@Index('ix_user_role_created_at', ['roleId', 'createdAt', 'id'], { where: LIVE })
@Index('ix_user_deleted', ['id'], { where: RESTORABLE })
@Index('ix_user_deleted_created_at', ['createdAt', 'id'], { where: RESTORABLE })
@Index('ix_user_to_purge', ['deletedAt'], { where: RESTORABLE })
export class User extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_user',
  })
  readonly id!: number;

  @Column({ type: 'varchar', length: 64 })
  firstName!: string;

  @Column({ type: 'varchar', length: 64, nullable: true })
  lastName!: string | null;

  @Column({ type: 'varchar', length: 128, nullable: true })
  jobTitle!: string | null;

  @Column({ type: 'enum', enum: GENDERS, enumName: 'user_gender', nullable: true })
  gender!: Gender | null;

  /** Date of birth, `YYYY-MM-DD`: text from end to end. Not after today where today begins first (UTC+14). */
  @Column({ type: 'date', nullable: true })
  dob!: string | null;

  @Column({ type: 'varchar', length: 512, nullable: true })
  profileImageUrl!: string | null;

  /** Messages to this person are written in it. */
  @Column({ type: 'varchar', length: 8, default: 'en' })
  language!: Language;

  /** False: disabled without being deleted. */
  @Column({ type: 'boolean', default: true })
  isActive!: boolean;

  /** Counts the changes of role and state. Written by a database trigger only. */
  @Column({ type: 'integer', default: 1, insert: false, update: false })
  readonly authVersion!: number;

  /** Long after the deletion: nothing personal is left. */
  @Column({ type: 'timestamptz', nullable: true, insert: false, update: false })
  readonly purgedAt!: Date | null;

  @Column({ type: 'integer' })
  @ForeignKey(() => Role, { name: 'fk_user_role' })
  roleId!: number;
}
