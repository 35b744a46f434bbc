import { Injectable } from '@nestjs/common';
import type { Contact } from '../../messages/contact.js';
import { OAuthConfig } from './oauth.config.js';
import { OtpConfig } from '../../platform/otp/otp.config.js';
import { SendBudgetService } from '../../messages/send-budget.service.js';
import { SYSTEM, type Transaction } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import { IdentitiesRepository } from './identities.repository.js';
import { identityRemoved, identityVerified } from './identity.events.js';
import { IdentityCodesService } from './otp/identity-codes.service.js';

export interface Contacts {
  readonly email: string | null;
  readonly mobile: string | null;
}

/** A contact as the identity of a user. */
export interface UserContact extends Contact {
  readonly identityId: number;
}

@Injectable()
export class IdentitiesService {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly codes: IdentityCodesService,
    private readonly budget: SendBudgetService,
    private readonly changes: ChangeLog,
    private readonly otp: OtpConfig,
    private readonly oauth: OAuthConfig,
  ) {}

  /** Adds a user's first contact of a kind, as the primary one. @throws IdentityTaken */
  async addPrimary(
    tx: Transaction,
    userId: number,
    { type, value }: Contact,
    isVerified = false,
  ): Promise<void> {
    await tx.all([
      this.voidClaim(tx, { type, value, isVerified }, userId),
      this.identities.insertContact(tx, { userId, type, value, isVerified, isPrimary: true }),
    ]);
  }

  /** Adds a contact that has not been proved, where no claim of another user is in the way. @throws IdentityTaken */
  addClaim(tx: Transaction, userId: number, contact: Contact): Promise<{ readonly id: number }> {
    return this.identities.insertContact(tx, { ...contact, userId, isVerified: false, isPrimary: false });
  }

  /**
   * Ends the claim of another user to a contact: it has not been proved and gives way. To another claim it does not while
   * it is being proved: whoever holds the code is nearer to showing whose it is.
   */
  async voidClaim(
    tx: Transaction,
    { type, value, isVerified }: Contact & { readonly isVerified: boolean },
    forUserId: number,
  ): Promise<void> {
    const spared = isVerified ? 0 : this.otp.ttl;
    const claim = await this.identities.voidClaim(tx, { type, value }, forUserId, spared);
    if (!claim) return;
    const event = identityRemoved(claim, { wasVerified: false, gaveWay: true });
    await this.changes.record(tx, SYSTEM, event, { reason: 'claim_gave_way' });
  }

  /**
   * Somebody has proved the contact of a user who was invited and has no way in yet. Whose it is, or null when it is no
   * such contact; of several at once one gets it.
   */
  async proveInvited(tx: Transaction, contact: Contact): Promise<number | null> {
    const proved = await this.identities.proveInvited(tx, contact);
    if (proved) await this.changes.record(tx, { userId: proved.userId }, identityVerified(proved));
    return proved?.userId ?? null;
  }

  /** Whether one of the users has proved a contact, or has an account at a provider one can sign in through. */
  hasWayIn(tx: Transaction, userIds: readonly number[]): Promise<boolean> {
    return this.identities.hasWayIn(tx, userIds, this.providers());
  }

  /** Whether it is one to sign in by, once it is proved: an account at a provider only while that is configured. */
  isWayIn({ oauthProvider }: { readonly oauthProvider: string | null }): boolean {
    return oauthProvider === null || this.providers().includes(oauthProvider);
  }

  /** Whether the identity is the user's, and proved. */
  isProvedOf(tx: Transaction, userId: number, id: number): Promise<boolean> {
    return this.identities.isProvedOf(tx, userId, id);
  }

  /** Who is known by this contact. */
  findOwner(contact: Contact, tx?: Transaction): Promise<{ userId: number; isVerified: boolean } | null> {
    return this.identities.findContact(contact, tx);
  }

  async contactsOf(userIds: readonly number[], tx?: Transaction): Promise<ReadonlyMap<number, Contacts>> {
    const contacts = new Map<number, { email: string | null; mobile: string | null }>(
      userIds.map((id) => [id, { email: null, mobile: null }]),
    );
    if (userIds.length === 0) return contacts;
    for (const { userId, type, value } of await this.identities.primaryContacts(userIds, tx)) {
      const of = contacts.get(userId);
      if (of) of[type] = value;
    }
    return contacts;
  }

  /** Addresses and numbers that are known to be the user's, primary or not. */
  findKnown(userId: number): Promise<string[]> {
    return this.identities.findKnown(userId);
  }

  /** Where to reach a user, e-mail before mobile. */
  async findReachable(tx: Transaction, userId: number): Promise<UserContact | null> {
    const found = await this.identities.findReachable(tx, userId);
    return found && { identityId: found.id, type: found.type, value: found.value };
  }

  /** Every contact of a user: primary ones first, e-mail before mobile. */
  findContactsOf(
    tx: Transaction,
    userId: number,
  ): Promise<(UserContact & { readonly isVerified: boolean })[]> {
    return this.identities.findContactsOf(tx, userId);
  }

  /** The user has shown control of the address by a secret sent to it: what is sent to it next need not wait. */
  async markVerified(tx: Transaction, identityId: number, userId: number): Promise<void> {
    const proved = await this.identities.markVerified(tx, identityId, userId);
    if (proved) await this.budget.clearSpacing(tx, proved);
  }

  /** Ends the codes that are out for a user who may not act any more: they are not good again when the user is. */
  voidCodesOf(tx: Transaction, userId: number): Promise<void> {
    return this.identities.voidCodesOf(tx, userId);
  }

  /** Ends what strangers have brought about at the contacts of a user: locks and pauses for wrong codes, spent budgets. */
  async unlock(tx: Transaction, userId: number): Promise<void> {
    const contacts = await this.identities.findContactsOf(tx, userId);
    await this.codes.unlock(
      tx,
      contacts.map(({ identityId: id, type, value }) => ({ id, userId, type, value })),
    );
    await this.budget.clear(tx, contacts);
  }

  deleteOf(tx: Transaction, userId: number): Promise<void> {
    return this.identities.softDeleteOf(tx, userId);
  }

  /** What they had proved is theirs again, whoever has claimed it since. @throws IdentityTaken */
  async restoreOf(tx: Transaction, userId: number, deletedAt: Date): Promise<void> {
    for (const { type, value } of await this.identities.findProvedBefore(tx, userId, deletedAt)) {
      await this.voidClaim(tx, { type, value, isVerified: true }, userId);
    }
    await this.identities.restoreOf(tx, userId, deletedAt);
  }

  private providers(): string[] {
    return this.oauth.providers.map(({ id }) => id);
  }
}
