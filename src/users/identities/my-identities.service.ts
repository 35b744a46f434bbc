import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Contact } from '../../messages/contact.js';
import { authorOf, ContactsService, type IdentityView, type Owner } from './contacts.service.js';
import { InvalidCode, TooManyAdditions } from './identity.errors.js';
import { Config } from '../../platform/config/config.js';
import { type Transaction, Transactions } from '../../platform/database/transactions.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';
import { Credentials } from '../credentials.js';
import { UserNotFound } from '../user.errors.js';
import { UsersRepository } from '../users.repository.js';

const ADDITIONS: ThrottleRule = { name: 'add_contact', limit: 20, window: 3600, lock: 3600 };

/** What people do with the identities of their own account. */
@Injectable()
export class MyIdentitiesService {
  constructor(
    private readonly users: UsersRepository,
    private readonly contacts: ContactsService,
    private readonly credentials: Credentials,
    private readonly transactions: Transactions,
    private readonly throttle: ThrottleRepository,
    private readonly config: Config,
  ) {}

  list(actor: Actor): Promise<IdentityView[]> {
    return this.contacts.list(actor.userId);
  }

  /** Counted whatever comes of it: the answer tells whether somebody has the contact. @throws TooManyAdditions, TooManyContacts, IdentityTaken */
  async add(actor: Actor, contact: Contact): Promise<IdentityView> {
    const subject = String(actor.userId);
    if (!(await this.throttle.reserve(ADDITIONS, subject))) {
      throw TooManyAdditions.after(await this.throttle.lockedFor(ADDITIONS, subject));
    }
    return this.locked(actor, (tx) => this.contacts.add(tx, actor, contact));
  }

  /** Answers the challenge the code is for. @throws IdentityNotFound, AlreadyVerified */
  requestCode(actor: Actor, id: number): Promise<string> {
    return this.locked(actor, (tx) => this.contacts.requestCode(tx, actor, id));
  }

  /** @throws IdentityNotFound, InvalidCode */
  async prove(actor: Actor, id: number, challengeId: string, code: string): Promise<void> {
    await this.contacts.assertOwn(actor.userId, id);
    const own = { userId: actor.userId, identityId: id };
    if (!(await this.contacts.prove({ challengeId, code }, own))) throw new InvalidCode();
  }

  /** @throws IdentityNotFound, NotVerified */
  makePrimary(actor: Actor, id: number): Promise<IdentityView> {
    return this.locked(actor, (tx) => this.makePrimaryOf(tx, actor, id));
  }

  /** Under the lock of the user. @throws IdentityNotFound, NotVerified */
  async makePrimaryOf(tx: Transaction, owner: Owner, id: number): Promise<IdentityView> {
    await this.credentials.voidResetsFor(tx, owner.userId);
    return this.contacts.makePrimary(tx, owner, id);
  }

  /** Ends the sessions that were opened by it as well. @throws IdentityNotFound, LastWayIn */
  remove(actor: Actor, id: number): Promise<void> {
    return this.locked(actor, (tx) => this.removeOf(tx, actor, id));
  }

  /** Under the lock of the user. Ends the sessions that were opened by it. @throws IdentityNotFound, LastWayIn */
  async removeOf(tx: Transaction, owner: Owner, id: number): Promise<void> {
    await this.credentials.voidResetsFor(tx, owner.userId);
    const hasAnotherWay = await this.credentials.canSignInByUsername(tx, [owner.userId]);
    const providers = this.config.oauth.providers.map((provider) => provider.id);
    const gone = await this.contacts.remove(tx, owner, id, { providers, hasAnotherWay });
    if (gone.isVerified) {
      await this.credentials.endSessionsOpenedBy(tx, owner.userId, id, authorOf(owner));
    }
  }

  /** Changes of one user come one after the other: each sees what the ones before have left. */
  private locked<T>(actor: Actor, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transactions.run(actor, async (tx) => {
      if (!(await this.users.findForChange(tx, actor.userId))) throw new UserNotFound();
      return work(tx);
    });
  }
}
