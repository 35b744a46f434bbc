import type { Actor } from '../access/actor.js';
import type { Author, Transaction } from '../platform/database/transactions.js';
import type { UserContact } from './identities/identities.service.js';

/**
 * What `users` needs of the credentials that `auth` keeps. Implemented above, by `auth`; every method joins the
 * caller's transaction.
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
  /** Ends the tokens to set a password with that are out: where they were sent to is not certain any more. */
  abstract voidResetsFor(tx: Transaction, userId: number): Promise<void>;
  /** Takes away whatever one could sign in with: password, one-time tokens, sessions. */
  abstract wipe(tx: Transaction, userId: number, actor: Author): Promise<void>;
  /** Ends a lock for wrong passwords. */
  abstract unlock(tx: Transaction, userId: number): Promise<void>;
  /** Whether one of the users can sign in with nothing but a username and a password. */
  abstract canSignInByUsername(tx: Transaction, userIds: readonly number[]): Promise<boolean>;
  /** Ends the sessions that were opened by an address, number or provider account that is the user's no more. */
  abstract endSessionsOpenedBy(
    tx: Transaction,
    userId: number,
    identityId: number,
    actor: Author,
  ): Promise<void>;
  /** Ends every session and every token to set a password with: the user has been disabled. */
  abstract endSessions(tx: Transaction, userId: number, actor: Actor): Promise<void>;
  /** Ends every session as well. */
  abstract delete(tx: Transaction, userId: number, actor: Actor): Promise<void>;
  /** Removes for good what deleted users had to sign in with. */
  abstract purge(tx: Transaction, userIds: readonly number[]): Promise<void>;
  /** @throws UsernameTaken when somebody took the username meanwhile. */
  abstract restore(tx: Transaction, userId: number, deletedAt: Date): Promise<void>;
}
