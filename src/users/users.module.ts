import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RolesModule } from '../roles/roles.module.js';
import { AccessController } from './access.controller.js';
import { IdentitiesModule } from './identities/identities.module.js';
import { IdentityChangesService } from './identities/identity-changes.service.js';
import { MyIdentitiesController } from './identities/my-identities.controller.js';
import { MyIdentitiesService } from './identities/my-identities.service.js';
import { UserIdentitiesController } from './identities/user-identities.controller.js';
import { UserIdentitiesService } from './identities/user-identities.service.js';
import { MeController } from './me.controller.js';
import { PrincipalsService } from './principals.service.js';
import { ProviderAccountsService } from './provider-accounts.service.js';
import { UserPurge } from './user-purge.js';
import { UserResponses } from './user-responses.js';
import { User } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

@Module({})
export class UsersModule {
  /** `credentials` is the module that exports an implementation of `Credentials`. */
  static register(credentials: NonNullable<ModuleMetadata['imports']>[number]): DynamicModule {
    return {
      module: UsersModule,
      imports: [TypeOrmModule.forFeature([User]), RolesModule, IdentitiesModule, credentials],
      // `users/me` before `users/:id`: the first route that matches answers.
      controllers: [
        MeController,
        MyIdentitiesController,
        UserIdentitiesController,
        UsersController,
        AccessController,
      ],
      providers: [
        UsersService,
        UsersRepository,
        PrincipalsService,
        UserResponses,
        UserPurge,
        IdentityChangesService,
        MyIdentitiesService,
        UserIdentitiesService,
        ProviderAccountsService,
      ],
      exports: [UsersService, PrincipalsService, ProviderAccountsService, MyIdentitiesService],
    };
  }
}
