import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Contact } from '../../messages/contact.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';
import { UsersService } from '../users.service.js';
import { ContactsRepository, type IdentityView } from './contacts.repository.js';
import { IdentityChangesService } from './identity-changes.service.js';
import { AlreadyVerified, IdentityNotFound, TooManyAdditions } from './identity.errors.js';
import type { ChallengedIdentity } from './otp/identity-codes.repository.js';
import { IdentityCodesService, type PresentedCode } from './otp/identity-codes.service.js';

const ADDITIONS: ThrottleRule = { name: 'add_contact', limit: 20, window: 3600, lock: 3600 };

/** What people do with the identities of their own account. */
@Injectable()
export class MyIdentitiesService {
  constructor(
    private readonly users: UsersService,
    private readonly contacts: ContactsRepository,
    private readonly identities: IdentityChangesService,
    private readonly codes: IdentityCodesService,
    private readonly throttle: ThrottleRepository,
  ) {}

  list(userId: number): Promise<IdentityView[]> {
    return this.contacts.list(userId);
  }

  /**
   * Counted whatever comes of it: the answer tells whether somebody has the contact. @throws TooManyAdditions,
   * TooManyContacts, IdentityTaken
   */
  async add(actor: Actor, contact: Contact): Promise<IdentityView> {
    const subject = String(actor.userId);
    if (!(await this.throttle.reserve(ADDITIONS, subject))) {
      throw TooManyAdditions.after(await this.throttle.lockedFor(ADDITIONS, subject));
    }
    return this.users.changeOwn(actor, (tx) => this.identities.add(tx, actor, contact));
  }

  /**
   * Has a code sent to prove the contact with. Answers the challenge it is for. @throws IdentityNotFound, AlreadyVerified
   */
  requestCode(actor: Actor, id: number): Promise<string> {
    return this.users.changeOwn(actor, async (tx) => {
      const contact = await this.identities.findContact(tx, actor, id);
      if (contact.isVerified) throw new AlreadyVerified();
      return this.codes.requestProof(tx, id);
    });
  }

  /** @throws IdentityNotFound, InvalidCode */
  async prove({ userId }: Actor, id: number, challengeId: string, code: string): Promise<void> {
    if (!(await this.contacts.list(userId)).some((one) => one.id === id)) throw new IdentityNotFound();
    await this.proveBy({ challengeId, code }, (one) => one.id === id && one.userId === userId);
  }

  /** Proves a contact: of anybody who has the code, or only one that `isMeant`. @throws InvalidCode */
  proveBy(presented: PresentedCode, isMeant?: (identity: ChallengedIdentity) => boolean): Promise<void> {
    return this.codes.proveContact(presented, (tx, identity) => this.identities.prove(tx, identity), isMeant);
  }

  /** @throws IdentityNotFound, NotVerified */
  makePrimary(actor: Actor, id: number): Promise<IdentityView> {
    return this.users.changeOwn(actor, (tx) => this.identities.makePrimary(tx, actor, id));
  }

  /** @throws IdentityNotFound, LastWayIn */
  remove(actor: Actor, id: number): Promise<void> {
    return this.users.changeOwn(actor, (tx) => this.identities.remove(tx, actor, id));
  }
}
