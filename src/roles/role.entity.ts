import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers, CommonColumns } from '../platform/database/common-columns.js';

/** A named set of privileges. A user has one role. */
@Entity('role')
@AuthoredByUsers('role')
// The index is on lower(name), which a decorator cannot say.
@Index('ux_role_name', { synchronize: false })
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

  @Column({ type: 'varchar', length: 256, nullable: true })
  description!: string | null;

  /** Counts the changes of the role's effective privileges. Written by database triggers only. */
  @Column({ type: 'integer', default: 1, insert: false, update: false })
  readonly version!: number;
}
