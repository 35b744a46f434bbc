import type { Transaction } from '../platform/database/transactions.js';
import type { ContactType } from '../identities/identity.entity.js';

/** A user who may act now, with what they may do at this moment. */
export interface DirectoryPrincipal {
  readonly userId: number;
  readonly roleId: number;
  readonly privileges: ReadonlySet<string>;
}

/**
 * All that `auth` knows of users. In one process it is answered by the users' services and joins the caller's
 * transaction; between services it is a call to the users service.
 */
export abstract class UserDirectory {
  /** Null for a user who is unknown, deleted or disabled. */
  abstract findPrincipal(userId: number): Promise<DirectoryPrincipal | null>;
  /** Who is known by this contact, in canonical form. */
  abstract findByContact(
    type: ContactType,
    value: string,
  ): Promise<{ userId: number; isVerified: boolean } | null>;
  /** The user has shown control of the contact by a secret sent to it. */
  abstract markVerified(tx: Transaction, identityId: number, userId: number): Promise<void>;
}
