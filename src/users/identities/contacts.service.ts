import { Injectable } from '@nestjs/common';
import type { Contact } from '../../messages/contact.js';
import type { Author, Transaction } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import { ContactsRepository, type IdentityView } from './contacts.repository.js';
import { IdentitiesService } from './identities.service.js';
import { IdentitiesRepository } from './identities.repository.js';
import {
  AlreadyVerified,
  IdentityNotFound,
  LastWayIn,
  NotVerified,
  TooManyContacts,
} from './identity.errors.js';
import {
  identityAdded,
  identityPrimaryChanged,
  identityRemoved,
  identityVerified,
} from './identity.events.js';
import type { Notice } from '../../messages/message.js';
import { IdentityNotices } from './notices/identity-notices.service.js';
import { IdentityCodes, type PresentedCode } from './otp/identity-codes.service.js';

/** E-mail addresses and mobile numbers of one user. */
const MOST = 10;

export type { IdentityView };

/** Whose contacts are changed: by themselves, or by an administrator. */
export type Owner = Author & { readonly userId: number; readonly administrator?: Author };
/** A contact, as opposed to an account at a provider. */
type ContactView = IdentityView & Contact;

/** What people do with the identities they are known by. Changes are made under a lock on the user. */
@Injectable()
export class ContactsService {
  constructor(
    private readonly contacts: ContactsRepository,
    private readonly identities: IdentitiesRepository,
    private readonly claims: IdentitiesService,
    private readonly codes: IdentityCodes,
    private readonly notices: IdentityNotices,
    private readonly changes: ChangeLog,
  ) {}

  list(userId: number): Promise<IdentityView[]> {
    return this.contacts.list(userId);
  }

  /**
   * Claims a contact, which is good for nothing until it is proved. One that is claimed already is answered as it is.
   * Where an administrator adds it for somebody who has proved nothing yet, it is what they are invited by from now on, in
   * place of the one before; somebody who has is told there.
   * @throws TooManyContacts, IdentityTaken
   */
  async add(tx: Transaction, owner: Owner, { type, value }: Contact): Promise<IdentityView> {
    const all = await this.contacts.listIn(tx, owner.userId);
    const own = all.filter(isContact);
    const known = own.find((contact) => contact.type === type && contact.value === value);
    if (known) return known;
    if (own.length >= MOST) throw new TooManyContacts();
    const claim = { userId: owner.userId, type, value, isVerified: false, isPrimary: false };
    await this.claims.voidClaim(tx, claim, owner.userId);
    if (owner.administrator) await this.tell(tx, own, { kind: 'identity_added', contact: value });
    const { id } = await this.identities.insertContact(tx, claim);
    if (isInvited(owner, all)) await this.contacts.swapPrimary(tx, owner.userId, type, id);
    await this.changes.record(tx, authorOf(owner), identityAdded({ id, userId: owner.userId, type }));
    return this.findOwn(tx, owner, id);
  }

  /** Has a code sent to prove the contact with. Answers its challenge. @throws IdentityNotFound, AlreadyVerified */
  async requestCode(tx: Transaction, owner: Owner, id: number): Promise<string> {
    const contact = await this.findOwnContact(tx, owner, id);
    if (contact.isVerified) throw new AlreadyVerified();
    const requestedAt = new Date().toISOString();
    const challengeId = this.codes.newChallenge();
    await this.codes.request(tx, { purpose: 'verify', identityId: id, challengeId, requestedAt });
    return challengeId;
  }

  /** Proves a contact: of anybody who has the code, or only of `own`. False when the code is not good. */
  async prove(
    presented: Omit<PresentedCode, 'purpose'>,
    own?: { readonly userId: number; readonly identityId: number },
  ): Promise<boolean> {
    const isProved = await this.codes.prove(
      { ...presented, purpose: 'verify' },
      async (tx, identity) => {
        const { userId, value } = identity;
        await this.contacts.markProved(tx, identity);
        await this.notices.queue(tx, userId, { kind: 'identity_added', contact: value });
        await this.changes.record(tx, { userId }, identityVerified(identity));
        return true;
      },
      ({ id, userId }) => !own || (id === own.identityId && userId === own.userId),
    );
    return isProved ?? false;
  }

  /** For somebody who has proved nothing yet an administrator chooses among what is not proved. @throws IdentityNotFound, NotVerified */
  async makePrimary(tx: Transaction, owner: Owner, id: number): Promise<IdentityView> {
    const contact = await this.findOwnContact(tx, owner, id);
    const { userId, type, value } = contact;
    const all = await this.contacts.listIn(tx, userId);
    if (!contact.isVerified && !isInvited(owner, all)) throw new NotVerified();
    if (contact.isPrimary) return contact;
    await this.contacts.swapPrimary(tx, userId, type, id);
    await this.tell(tx, all.filter(isContact), { kind: 'identity_changed', contact: value });
    await this.changes.record(tx, authorOf(owner), identityPrimaryChanged(contact));
    return { ...contact, isPrimary: true };
  }

  /**
   * Removes an identity, never the last way in. `providers`: those one can sign in through at present; `hasAnotherWay`:
   * there is one beside the identities, which does not count for an administrator: where nothing is proved, links to set a
   * password go to what they add. The oldest other verified contact of its kind becomes the primary one in its
   * place. Its owner is told, there as well. Answers what was removed: sessions opened by it are to end.
   * @throws IdentityNotFound, LastWayIn
   */
  async remove(
    tx: Transaction,
    owner: Owner,
    id: number,
    { providers, hasAnotherWay }: { readonly providers: readonly string[]; readonly hasAnotherWay: boolean },
  ): Promise<IdentityView> {
    const all = await this.contacts.listIn(tx, owner.userId);
    const gone = all.find((one) => one.id === id);
    if (!gone) throw new IdentityNotFound();
    const others = all.filter((one) => one.id !== id && one.isVerified);
    const isWayIn = (one: IdentityView) => isContact(one) || providers.includes(one.oauthProvider ?? '');
    // Who has never been here was invited by a primary contact: it is their way in.
    const isNeeded = (one: IdentityView) => one.isVerified || (isInvited(owner, all) && one.isPrimary);
    const remains = all.some((one) => one.id !== id && isNeeded(one) && isWayIn(one));
    const isLast = !remains && !(hasAnotherWay && owner.administrator === undefined);
    if (isNeeded(gone) && isLast) throw new LastWayIn();
    if (gone.isVerified) await this.notices.queue(tx, owner.userId, farewellOf(gone));
    else if (owner.administrator) await this.tell(tx, all.filter(isContact), farewellOf(gone));
    await this.contacts.remove(tx, id);
    const next = others.filter(({ type }) => type === gone.type).toSorted((a, b) => a.id - b.id)[0];
    if (isContact(gone) && gone.isPrimary && next) {
      await this.contacts.swapPrimary(tx, owner.userId, gone.type, next.id);
    }
    await this.changes.record(tx, authorOf(owner), identityRemoved(gone));
    return gone;
  }

  /** @throws IdentityNotFound */
  async assertOwn(userId: number, id: number): Promise<void> {
    if (!(await this.contacts.list(userId)).some((one) => one.id === id)) throw new IdentityNotFound();
  }

  /** Only where somebody has proved to be the one to tell: what was never proved may be a stranger's. */
  private async tell(tx: Transaction, own: readonly ContactView[], notice: Notice): Promise<void> {
    const proved = own.find(({ isVerified }) => isVerified);
    if (proved) await this.notices.queue(tx, proved.userId, notice);
  }

  /** @throws IdentityNotFound also for one of somebody else */
  private async findOwn(tx: Transaction, { userId }: Owner, id: number): Promise<IdentityView> {
    const own = (await this.contacts.listIn(tx, userId)).find((one) => one.id === id);
    if (!own) throw new IdentityNotFound();
    return own;
  }

  private async findOwnContact(tx: Transaction, owner: Owner, id: number): Promise<ContactView> {
    const own = await this.findOwn(tx, owner, id);
    if (!isContact(own)) throw new IdentityNotFound();
    return own;
  }
}

/** Who makes the change. */
export const authorOf = (owner: Owner): Author => owner.administrator ?? owner;

/**
 * Whether an administrator's word is all there is of somebody. Of whoever has proved anything it is not: else a contact of
 * the administrator's own, and a link to set a password sent there, would hand them the account.
 */
function isInvited({ administrator }: Owner, all: readonly IdentityView[]): boolean {
  return administrator !== undefined && !all.some((one) => one.isVerified);
}

function farewellOf(identity: IdentityView): Notice {
  return isContact(identity)
    ? { kind: 'identity_removed', contact: identity.value }
    : { kind: 'account_unlinked', provider: identity.oauthProvider ?? '' };
}

function isContact(identity: IdentityView): identity is ContactView {
  return identity.type !== 'oauth';
}
