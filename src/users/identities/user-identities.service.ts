import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Contact } from '../../messages/contact.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { UsersService } from '../users.service.js';
import { ContactsRepository, type IdentityView } from './contacts.repository.js';
import { IdentityChangesService, type Owner } from './identity-changes.service.js';

/**
 * What administrators correct of what others are known by. Proved it is by its owner alone; tokens to set a password
 * with end, as where they were sent to is being corrected.
 */
@Injectable()
export class UserIdentitiesService {
  constructor(
    private readonly users: UsersService,
    private readonly contacts: ContactsRepository,
    private readonly identities: IdentityChangesService,
  ) {}

  /** @throws UserNotFound */
  async list(userId: number): Promise<IdentityView[]> {
    await this.users.get(userId);
    return this.contacts.list(userId);
  }

  /** @throws UserNotFound, PrivilegeNotHeld, TooManyContacts, IdentityTaken */
  add(userId: number, contact: Contact, actor: Actor): Promise<IdentityView> {
    return this.change(userId, actor, (tx, owner) => this.identities.add(tx, owner, contact));
  }

  /** @throws UserNotFound, PrivilegeNotHeld, IdentityNotFound, NotVerified */
  makePrimary(userId: number, id: number, actor: Actor): Promise<IdentityView> {
    return this.change(userId, actor, (tx, owner) => this.identities.makePrimary(tx, owner, id));
  }

  /** @throws UserNotFound, PrivilegeNotHeld, IdentityNotFound, LastWayIn */
  remove(userId: number, id: number, actor: Actor): Promise<void> {
    return this.change(userId, actor, (tx, owner) => this.identities.remove(tx, owner, id));
  }

  /** Under the lock of the user. One's own are changed as by anybody else. */
  private change<T>(
    userId: number,
    actor: Actor,
    work: (tx: Transaction, owner: Owner) => Promise<T>,
  ): Promise<T> {
    const owner = userId === actor.userId ? actor : { userId, administrator: actor };
    return this.users.change(userId, actor, (tx) => work(tx, owner));
  }
}
