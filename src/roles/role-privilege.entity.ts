import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AuthoredByUsers } from '../access/authored-by-users.js';
import { CommonColumns } from '../platform/database/common-columns.js';
import { Privilege } from '../privileges/privilege.entity.js';
import { Role } from './role.entity.js';

/** One privilege granted to one role. */
@Entity('role_privilege')
@AuthoredByUsers('role_privilege')
@Index('ux_role_privilege', ['roleId', 'privilegeId'], { unique: true, where: 'deleted_at IS NULL' })
@Index('ix_role_privilege_privilege', ['privilegeId'], { where: 'deleted_at IS NULL' })
export class RolePrivilege extends CommonColumns {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_role_privilege',
  })
  readonly id!: number;

  @Column({ type: 'integer' })
  @ForeignKey(() => Role, { name: 'fk_role_privilege_role' })
  readonly roleId!: number;

  @Column({ type: 'integer' })
  @ForeignKey(() => Privilege, { name: 'fk_role_privilege_privilege' })
  readonly privilegeId!: number;
}
