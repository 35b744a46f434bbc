import { Injectable } from '@nestjs/common';
import type { Contact } from '../../messages/contact.js';
import type { Notice } from '../../messages/message.js';
import type { Author, Transaction } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import { Credentials } from '../credentials.js';
import { ContactsRepository, type IdentityView } from './contacts.repository.js';
import { IdentitiesService } from './identities.service.js';
import { IdentityNotFound, LastWayIn, NotVerified, TooManyContacts } from './identity.errors.js';
import {
  identityAdded,
  identityPrimaryChanged,
  identityRemoved,
  identityVerified,
} from './identity.events.js';
import { IdentityNoticesService } from './notices/identity-notices.service.js';
import type { ChallengedIdentity } from './otp/identity-codes.repository.js';

/** E-mail addresses and mobile numbers of one user. */
const MOST = 10;

/** Whose identities are changed: by themselves, or by an administrator. */
export type Owner = Author & { readonly userId: number; readonly administrator?: Author };
/** A contact, as opposed to an account at a provider. */
type ContactView = IdentityView & Contact;

/** Changes of the identities of a user, by themselves or by an administrator; each under the lock of the user. */
@Injectable()
export class IdentityChangesService {
  constructor(
    private readonly contacts: ContactsRepository,
    private readonly identities: IdentitiesService,
    private readonly notices: IdentityNoticesService,
    private readonly credentials: Credentials,
    private readonly changes: ChangeLog,
  ) {}

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
    await this.identities.voidClaim(tx, { type, value, isVerified: false }, owner.userId);
    if (owner.administrator) await this.tell(tx, own, { kind: 'identity_added', contact: value });
    const { id } = await this.identities.addClaim(tx, owner.userId, { type, value });
    if (isInvited(owner, all)) await this.contacts.swapPrimary(tx, owner.userId, type, id);
    const added = { id, userId: owner.userId, type };
    const byAdministrator = owner.administrator !== undefined;
    await this.changes.record(tx, authorOf(owner), identityAdded(added, byAdministrator));
    return this.findOwn(tx, owner, id);
  }

  /** The user has proved the contact: it is theirs, whoever else claims it. */
  async prove(tx: Transaction, identity: ChallengedIdentity): Promise<void> {
    const { userId, value } = identity;
    await this.contacts.markProved(tx, identity);
    await this.notices.queue(tx, userId, { kind: 'identity_added', contact: value });
    await this.changes.record(tx, { userId }, identityVerified(identity));
  }

  /**
   * For somebody who has proved nothing yet an administrator chooses among what is not proved. @throws IdentityNotFound,
   * NotVerified
   */
  async makePrimary(tx: Transaction, owner: Owner, id: number): Promise<IdentityView> {
    const contact = await this.findContact(tx, owner, id);
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
   * Removes an identity, never the last way in: an account at a provider is one only while one can sign in there. What one
   * can sign in with beside the identities does not count for an administrator: where nothing is proved, links to set a
   * password go to what they add. The oldest other verified contact of its kind becomes the primary one in its place. Its
   * owner is told, there as well. Sessions opened by it end.
   * @throws IdentityNotFound, LastWayIn
   */
  async remove(tx: Transaction, owner: Owner, id: number): Promise<void> {
    const hasAnotherWay = await this.credentials.canSignInByUsername(tx, [owner.userId]);
    const all = await this.contacts.listIn(tx, owner.userId);
    const gone = all.find((one) => one.id === id);
    if (!gone) throw new IdentityNotFound();
    const others = all.filter((one) => one.id !== id && one.isVerified);
    // Who has never been here was invited by a primary contact: it is their way in.
    const isNeeded = (one: IdentityView) => one.isVerified || (isInvited(owner, all) && one.isPrimary);
    const remains = all.some((one) => one.id !== id && isNeeded(one) && this.identities.isWayIn(one));
    const isLast = !remains && !(hasAnotherWay && owner.administrator === undefined);
    if (isNeeded(gone) && isLast) throw new LastWayIn();
    if (gone.isVerified) await this.notices.queue(tx, owner.userId, farewellOf(gone));
    else if (owner.administrator) await this.tell(tx, all.filter(isContact), farewellOf(gone));
    await this.contacts.remove(tx, id);
    const next = others.filter(({ type }) => type === gone.type).toSorted((a, b) => a.id - b.id)[0];
    if (isContact(gone) && gone.isPrimary && next) {
      await this.contacts.swapPrimary(tx, owner.userId, gone.type, next.id);
    }
    const how = { wasVerified: gone.isVerified, gaveWay: false };
    await this.changes.record(tx, authorOf(owner), identityRemoved(gone, how));
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

  /** @throws IdentityNotFound also for an account at a provider */
  async findContact(tx: Transaction, owner: Owner, id: number): Promise<ContactView> {
    const own = await this.findOwn(tx, owner, id);
    if (!isContact(own)) throw new IdentityNotFound();
    return own;
  }
}

/** Who makes the change. */
const authorOf = (owner: Owner): Author => owner.administrator ?? owner;

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
