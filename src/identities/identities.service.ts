import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/transactions.js';
import { IdentitiesRepository } from './identities.repository.js';
import type { ContactType, Identity } from './identity.entity.js';

export interface Contacts {
  readonly email: string | null;
  readonly mobile: string | null;
}

export interface Contact {
  readonly identityId: number;
  readonly type: ContactType;
  readonly value: string;
}

@Injectable()
export class IdentitiesService {
  constructor(private readonly identities: IdentitiesRepository) {}

  /** Adds a user's first contact of a kind, as the primary one. @throws IdentityTaken */
  addPrimary(
    tx: Transaction,
    userId: number,
    type: ContactType,
    value: string,
    isVerified = false,
  ): Promise<Identity> {
    return this.identities.insertContact(tx, { userId, type, value, isVerified, isPrimary: true });
  }

  /** Who is known by this contact. `value` in canonical form. */
  findOwner(type: ContactType, value: string): Promise<{ userId: number; isVerified: boolean } | null> {
    return this.identities.findContact(type, value);
  }

  async contactsOf(userIds: readonly number[]): Promise<ReadonlyMap<number, Contacts>> {
    const contacts = new Map<number, { email: string | null; mobile: string | null }>(
      userIds.map((id) => [id, { email: null, mobile: null }]),
    );
    if (userIds.length === 0) return contacts;
    for (const { userId, type, value } of await this.identities.primaryContacts(userIds)) {
      const of = contacts.get(userId);
      if (of) of[type] = value;
    }
    return contacts;
  }

  /** Where to reach a user, e-mail before mobile. */
  async findReachable(tx: Transaction, userId: number): Promise<Contact | null> {
    const found = await this.identities.findReachable(tx, userId);
    return found && { identityId: found.id, type: found.type, value: found.value };
  }

  /** The user has shown control of the address by a secret sent to it. */
  markVerified(tx: Transaction, identityId: number, userId: number): Promise<void> {
    return this.identities.markVerified(tx, identityId, userId);
  }

  deleteOf(tx: Transaction, userId: number): Promise<void> {
    return this.identities.softDeleteOf(tx, userId);
  }

  /** @throws IdentityTaken */
  restoreOf(tx: Transaction, userId: number, deletedAt: Date): Promise<void> {
    return this.identities.restoreOf(tx, userId, deletedAt);
  }
}
