import type { Actor } from '../access/actor.js';
import type { Transaction } from '../platform/database/transactions.js';
import type { UserContact } from './identities/identities.service.js';

/**
 * What `users` asks of the credentials that `auth` keeps. Implemented above, by `auth`; every method joins the caller's
 * transaction. What follows from a change of a user is not asked for: `auth` hears of the event (docs/decisions/0024).
 */
export abstract class Credentials {
  /** Makes the credentials of a new user, without a usable password. @throws UsernameTaken */
  abstract create(tx: Transaction, userId: number, username: string | null): Promise<void>;
  /**
   * Has a one-time token to set a password with made and sent to `contact` after the commit, unless the user may not
   * act or the contact is not theirs any more by then. Counted for the destination and for `actor`, who has it sent.
   * @throws TooManyMessages
   */
  abstract invite(
    tx: Transaction,
    userId: number,
    contact: UserContact,
    purpose: 'invitation' | 'recovery',
    actor: Actor,
  ): Promise<void>;
  /** Whether one of the users can sign in with nothing but a username and a password. */
  abstract canSignInByUsername(tx: Transaction, userIds: readonly number[]): Promise<boolean>;
}
