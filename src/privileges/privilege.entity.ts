import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../access/authored-by-users.js';
import { CommonColumns } from '../platform/database/common-columns.js';

/** The right to do one thing, named by a stable key such as `users.read`. */
@Entity('privilege')
@AuthoredByUsers('privilege')
@Index('ux_privilege_name', ['name'], { unique: true, where: 'deleted_at IS NULL' })
@Index('ix_privilege_created_at', ['createdAt', 'id'])
export class Privilege extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_privilege',
  })
  readonly id!: number;

  @Column({ type: 'varchar', length: 64, collation: 'C' })
  name!: string;

  @Column({ type: 'varchar', length: 256, nullable: true })
  description!: string | null;
}
