import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import type { Contact } from '../messages/contact.js';
import { IdentitiesModule } from '../users/identities/identities.module.js';
import { IdentitiesService } from '../users/identities/identities.service.js';
import { MyIdentitiesService } from '../users/identities/my-identities.service.js';
import { IdentityCodesService } from '../users/identities/otp/identity-codes.service.js';
import { IdentityNoticesService } from '../users/identities/notices/identity-notices.service.js';
import type { Asker } from '../messages/send-budget.service.js';
import type { Notice } from '../messages/message.js';
import type { Transaction } from '../platform/database/transactions.js';
import type { Actor, Manager } from '../access/actor.js';
import { UsersService } from '../users/users.service.js';
import { ProviderAccountsService } from '../users/provider-accounts.service.js';
import { PrincipalsService } from '../users/principals.service.js';
import {
  type Addressee,
  type Admitted,
  type ProviderAccount,
  type Recognised,
  type Registrant,
  UserDirectory,
} from './directory/user-directory.js';

/** The directory of users in the same process and database. */
@Injectable()
export class LocalUserDirectory implements UserDirectory {
  constructor(
    private readonly users: UsersService,
    private readonly principals: PrincipalsService,
    private readonly identities: IdentitiesService,
    private readonly ownIdentities: MyIdentitiesService,
    private readonly codes: IdentityCodesService,
    private readonly notices: IdentityNoticesService,
    private readonly providerAccounts: ProviderAccountsService,
  ) {}

  mayAct(tx: Transaction, userId: number): Promise<boolean> {
    return this.principals.mayAct(tx, userId);
  }

  findByContact(contact: Contact): Promise<{ userId: number; isVerified: boolean } | null> {
    return this.identities.findOwner(contact);
  }

  async register(tx: Transaction, registrant: Registrant): Promise<number> {
    return (await this.users.register(tx, registrant)).id;
  }

  proveInvited(tx: Transaction, { contact }: { readonly contact: Contact }): Promise<number | null> {
    return this.identities.proveInvited(tx, contact);
  }

  requestSignInCode(tx: Transaction, contact: Contact, challengeId: string, asker: Asker): Promise<void> {
    return this.codes.requestSignIn(tx, contact, challengeId, asker);
  }

  proveSignInCode(challengeId: string, code: string): Promise<Recognised> {
    return this.codes.proveSignIn({ challengeId, code }, async (_, { id, userId }) => ({
      userId,
      identityId: id,
    }));
  }

  proveContact(challengeId: string, code: string): Promise<void> {
    return this.ownIdentities.proveBy({ challengeId, code });
  }

  admit(tx: Transaction, { account }: { readonly account: ProviderAccount }): Promise<Admitted> {
    return this.providerAccounts.admit(tx, account);
  }

  linkProvider(
    tx: Transaction,
    { account, actor }: { readonly account: ProviderAccount; readonly actor: Actor },
  ): Promise<void> {
    return this.providerAccounts.link(tx, account, actor);
  }

  isRecognised(tx: Transaction, { userId, identityId }: Recognised): Promise<boolean> {
    return this.identities.isProvedOf(tx, userId, identityId);
  }

  findOwnWords(userId: number): Promise<string[]> {
    return this.users.findOwnWords(userId);
  }

  async assertExists(userId: number): Promise<void> {
    await this.users.get(userId);
  }

  assertManageable(tx: Transaction, userId: number, actor: Manager): Promise<void> {
    return this.users.assertManageable(tx, userId, actor);
  }

  lock(tx: Transaction, userId: number): Promise<void> {
    return this.users.lock(tx, userId);
  }

  notify(
    tx: Transaction,
    { userId, notice }: { readonly userId: number; readonly notice: Notice },
  ): Promise<void> {
    return this.notices.queue(tx, userId, notice);
  }

  async findAddressee(tx: Transaction, userId: number): Promise<Addressee | null> {
    const language = await this.users.findLanguage(tx, userId);
    if (language === null) return null;
    return { language, contacts: await this.identities.findContactsOf(tx, userId) };
  }

  markVerified(tx: Transaction, { userId, identityId }: Recognised): Promise<void> {
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
