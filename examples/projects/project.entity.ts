import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../../src/access/authored-by-users.js';
import { CommonColumns } from '../../src/platform/database/common-columns.js';

/** SQL condition: not deleted. */
const LIVE = 'deleted_at IS NULL';

/** A project. */
@Entity('project')
@AuthoredByUsers('project')
@Index('ux_project_name', ['name'], { unique: true, where: LIVE })
@Index('ix_project_created_at', ['createdAt', 'id'], { where: LIVE })
export class Project extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_project',
  })
  readonly id!: number;

  @Column({ type: 'varchar', length: 64 })
  name!: string;
}
