import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Privilege } from './privilege.entity.js';
import { PrivilegesController } from './privileges.controller.js';
import { PrivilegesRepository } from './privileges.repository.js';
import { PrivilegesService } from './privileges.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Privilege])],
  controllers: [PrivilegesController],
  providers: [PrivilegesService, PrivilegesRepository],
  exports: [PrivilegesService],
})
export class PrivilegesModule {}
