import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../../src/access/authored-by-users.js';
import { CommonColumns } from '../../src/platform/database/common-columns.js';

@Entity('project')
@AuthoredByUsers('project')
@Index('ux_project_name', ['name'], { unique: true, where: 'deleted_at IS NULL' })
@Index('ix_project_created_at', ['createdAt', 'id'])
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
