import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../access/authored-by-users.js';
import { CommonColumns } from '../platform/database/common-columns.js';

/** A named set of privileges. A user has one role. */
@Entity('role')
@AuthoredByUsers('role')
@Index('ux_role_name', ['nameKey'], { unique: true, where: 'deleted_at IS NULL' })
@Index('ix_role_created_at', ['createdAt', 'id'])
export class Role extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_role',
  })
  readonly id!: number;

  @Column({ type: 'varchar', length: 64 })
  name!: string;

  /** `canonicalName(name)`, by which names are compared and put in order. Written together with the name. */
  @Column({ type: 'text', collation: 'C' })
  nameKey!: string;

  @Column({ type: 'varchar', length: 256, nullable: true })
  description!: string | null;

  /** Counts the changes of the role's effective privileges. Written by database triggers only. */
  @Column({ type: 'integer', default: 1, insert: false, update: false })
  readonly version!: number;
}
