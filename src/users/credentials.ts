import type { Actor } from '../access/actor.js';
import type { Transaction } from '../platform/database/transactions.js';
import type { Contact } from '../identities/identities.service.js';

/**
 * What `users` needs of the credentials that `auth` keeps. Implemented above, by `auth`; every method joins the
 * caller's transaction.
 */
export abstract class Credentials {
  /** Makes the credentials of a new user, without a usable password. @throws UsernameTaken */
  abstract create(tx: Transaction, userId: number, username: string | null): Promise<void>;
  /** Makes a one-time token to set a password with; it is sent to `contact` after the commit. */
  abstract invite(
    tx: Transaction,
    userId: number,
    contact: Contact,
    purpose: 'invitation' | 'recovery',
  ): Promise<void>;
  /** Ends a lock for wrong passwords. */
  abstract unlock(tx: Transaction, userId: number): Promise<void>;
  /** Ends every session: the user has been disabled. */
  abstract endSessions(tx: Transaction, userId: number, actor: Actor): Promise<void>;
  /** Ends every session as well. */
  abstract delete(tx: Transaction, userId: number, actor: Actor): Promise<void>;
  /** @throws UsernameTaken when somebody took the username meanwhile. */
  abstract restore(tx: Transaction, userId: number, deletedAt: Date): Promise<void>;
}
