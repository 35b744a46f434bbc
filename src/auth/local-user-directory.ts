import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { IdentitiesModule } from '../identities/identities.module.js';
import { IdentitiesService } from '../identities/identities.service.js';
import type { ContactType } from '../identities/identity.entity.js';
import type { Transaction } from '../platform/database/transactions.js';
import type { Actor } from '../access/actor.js';
import { UsersService } from '../users/users.service.js';
import { PrincipalsService } from '../users/principals.service.js';
import {
  type DirectoryPrincipal,
  type ReachableContact,
  type Registrant,
  UserDirectory,
} from './user-directory.js';

/** The directory of users in the same process and database. */
@Injectable()
export class LocalUserDirectory implements UserDirectory {
  constructor(
    private readonly users: UsersService,
    private readonly principals: PrincipalsService,
    private readonly identities: IdentitiesService,
  ) {}

  findPrincipal(userId: number, tx?: Transaction): Promise<DirectoryPrincipal | null> {
    return this.principals.find(userId, tx);
  }

  findByContact(type: ContactType, value: string): Promise<{ userId: number; isVerified: boolean } | null> {
    return this.identities.findOwner(type, value);
  }

  async register(tx: Transaction, registrant: Registrant): Promise<number> {
    return (await this.users.register(tx, registrant)).id;
  }

  findOwnWords(userId: number): Promise<string[]> {
    return this.users.findOwnWords(userId);
  }

  async assertExists(userId: number): Promise<void> {
    await this.users.get(userId);
  }

  assertManageable(tx: Transaction, userId: number, actor: Actor): Promise<void> {
    return this.users.assertManageable(tx, userId, actor);
  }

  findReachable(tx: Transaction, userId: number): Promise<ReachableContact | null> {
    return this.identities.findReachable(tx, userId);
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
