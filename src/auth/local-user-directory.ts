import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { IdentitiesModule } from '../identities/identities.module.js';
import { IdentitiesService } from '../identities/identities.service.js';
import type { ContactType } from '../identities/identity.entity.js';
import type { Transaction } from '../platform/database/transactions.js';
import { PrincipalsService } from '../users/principals.service.js';
import { type DirectoryPrincipal, UserDirectory } from './user-directory.js';

/** The directory of users in the same process and database. */
@Injectable()
export class LocalUserDirectory implements UserDirectory {
  constructor(
    private readonly principals: PrincipalsService,
    private readonly identities: IdentitiesService,
  ) {}

  findPrincipal(userId: number): Promise<DirectoryPrincipal | null> {
    return this.principals.find(userId);
  }

  findByContact(type: ContactType, value: string): Promise<{ userId: number; isVerified: boolean } | null> {
    return this.identities.findOwner(type, value);
  }

  markVerified(tx: Transaction, identityId: number, userId: number): Promise<void> {
    return this.identities.markVerified(tx, identityId, userId);
  }
}

@Module({})
export class LocalUserDirectoryModule {
  static register(users: DynamicModule): DynamicModule {
    return {
      module: LocalUserDirectoryModule,
      imports: [users, IdentitiesModule],
      providers: [{ provide: UserDirectory, useClass: LocalUserDirectory }],
      exports: [UserDirectory],
    };
  }
}
