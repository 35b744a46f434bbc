import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Privilege } from '../privileges/privilege.entity.js';
import { EffectivePrivilegesService } from './effective-privileges.service.js';
import { GrantsRepository } from './grants.repository.js';
import { GrantsService } from './grants.service.js';
import { RolePrivilege } from './role-privilege.entity.js';
import { Role } from './role.entity.js';
import { RolesController } from './roles.controller.js';
import { RolesRepository } from './roles.repository.js';
import { RolesService } from './roles.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Role, RolePrivilege, Privilege])],
  controllers: [RolesController],
  providers: [RolesService, RolesRepository, GrantsService, GrantsRepository, EffectivePrivilegesService],
  exports: [RolesService, GrantsService, EffectivePrivilegesService],
})
export class RolesModule {}
