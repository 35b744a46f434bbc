import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { PrivilegeDefinition } from '../access/privilege.js';
import { PrivilegeCatalogue } from './privilege-catalogue.js';
import { Privilege } from './privilege.entity.js';
import { PrivilegesController } from './privileges.controller.js';
import { PrivilegesRepository } from './privileges.repository.js';
import { PrivilegesService } from './privileges.service.js';

@Module({})
export class PrivilegesModule {
  /** `declared` are the privileges the code checks, of every module. */
  static register(declared: readonly PrivilegeDefinition[]): DynamicModule {
    return {
      module: PrivilegesModule,
      imports: [TypeOrmModule.forFeature([Privilege])],
      controllers: [PrivilegesController],
      providers: [
        PrivilegesService,
        PrivilegesRepository,
        { provide: PrivilegeCatalogue, useValue: new PrivilegeCatalogue(declared) },
      ],
      exports: [PrivilegesService],
    };
  }
}
