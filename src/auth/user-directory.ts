import type { Actor } from '../access/actor.js';
import type { Transaction } from '../platform/database/transactions.js';
import type { ContactType } from '../identities/identity.entity.js';

/** A user who may act now, with what they may do at this moment. */
export interface DirectoryPrincipal {
  readonly userId: number;
  readonly roleId: number;
  readonly privileges: ReadonlySet<string>;
}

export interface ReachableContact {
  readonly type: ContactType;
  readonly value: string;
}

/** Somebody who makes an account of their own. */
export interface Registrant {
  readonly firstName: string;
  readonly lastName: string | null;
  /** A contact they have shown to be theirs; null where only a provider vouches for them. */
  readonly contact: ReachableContact | null;
}

/**
 * All that `auth` knows of users. In one process it is answered by the users' services and joins the caller's
 * transaction; between services it is a call to the users service.
 */
export abstract class UserDirectory {
  /** Null for a user who is unknown, deleted or disabled. Given a transaction it reads there, on the same connection. */
  abstract findPrincipal(userId: number, tx?: Transaction): Promise<DirectoryPrincipal | null>;
  /** Who is known by this contact, in canonical form. */
  abstract findByContact(
    type: ContactType,
    value: string,
  ): Promise<{ userId: number; isVerified: boolean } | null>;
  /** Makes the account of somebody who registers, without a usable password. Answers its id. @throws IdentityTaken */
  abstract register(tx: Transaction, registrant: Registrant): Promise<number>;
  /** Names and addresses of the user, which a password must not be made of. */
  abstract findOwnWords(userId: number): Promise<string[]>;
  /** @throws UserNotFound */
  abstract assertExists(userId: number): Promise<void>;
  /** Locks the user for a change by `actor`. @throws UserNotFound, PrivilegeNotHeld */
  abstract assertManageable(tx: Transaction, userId: number, actor: Actor): Promise<void>;
  /** Where to write to the user; null when there is nowhere. */
  abstract findReachable(tx: Transaction, userId: number): Promise<ReachableContact | null>;
  /** The user has shown control of the contact by a secret sent to it. */
  abstract markVerified(tx: Transaction, identityId: number, userId: number): Promise<void>;
}
