import type { Actor, Manager } from '../../access/actor.js';
import type { Contact } from '../../messages/contact.js';
import type { Transaction } from '../../platform/database/transactions.js';
import type { Asker } from '../../messages/send-budget.service.js';
import type { Notice } from '../../messages/message.js';

/** What `auth` has done to users, as opposed to what it asks. */
export interface Command {
  /**
   * UUID, made by the caller for what is to happen once. Where this is a call to another service, one that succeeded and is
   * sent again under its id, because its answer was lost, changes nothing more and is answered as before. In one database
   * the transaction sees to that. Of codes the challenge is the id.
   */
  readonly commandId: string;
}

/** A user who may act, and everywhere they can be written to, the best place first. */
export interface Addressee {
  readonly language: string;
  readonly contacts: readonly (Contact & {
    readonly identityId: number;
    readonly isVerified: boolean;
  })[];
}

/** A user, and by which address, number or provider account they have shown who they are. */
export interface Recognised {
  readonly userId: number;
  readonly identityId: number;
}

/** A user whose account at a provider is theirs here. */
export interface Admitted extends Recognised {
  /** They were invited and had proved nothing before: what somebody may have prepared in the account is not theirs. */
  readonly wasInvited: boolean;
}

/** Somebody who makes an account of their own. */
export interface Registrant {
  readonly firstName: string;
  readonly lastName: string | null;
  /** Of the messages to them. */
  readonly language?: string;
  /** A contact they have shown to be theirs; null where only a provider vouches for them. */
  readonly contact: Contact | null;
}

/** Somebody as a provider has shown them to be. */
export interface ProviderAccount {
  /** The provider's id here. */
  readonly provider: string;
  /** Who they are there. */
  readonly subject: string;
  /** In canonical form. `isProved`: the provider is trusted with addresses and says that this one is theirs. */
  readonly email: { readonly value: string; readonly isProved: boolean } | null;
  readonly firstName: string;
  readonly lastName: string | null;
}

/**
 * All that `auth` knows of users. In one process it is answered by the users' services and joins the caller's
 * transaction; between services it is a call to the users service.
 */
export abstract class UserDirectory {
  /** False for a user who is unknown, deleted or disabled. */
  abstract mayAct(tx: Transaction, userId: number): Promise<boolean>;
  /** Who is known by this contact, in canonical form. */
  abstract findByContact(contact: Contact): Promise<{ userId: number; isVerified: boolean } | null>;
  /** Makes the account of somebody who registers, without a usable password. Answers its id. @throws IdentityTaken */
  abstract register(tx: Transaction, command: Command & Registrant): Promise<number>;
  /**
   * Takes the contact of a user who was invited and has no way in yet as proved. Their id; null when it is no such
   * contact, or they may not act.
   */
  abstract proveInvited(
    tx: Transaction,
    command: Command & { readonly contact: Contact },
  ): Promise<number | null>;
  /**
   * Has a code to sign in with sent to the contact once `tx` has committed, if it is somebody's. A command whose id is the
   * challenge.
   */
  abstract requestSignInCode(
    tx: Transaction,
    contact: Contact,
    challengeId: string,
    asker: Asker,
  ): Promise<void>;
  /** Uses up a code to sign in with. Answers whose it is. @throws InvalidCode */
  abstract proveSignInCode(challengeId: string, code: string): Promise<Recognised>;
  /** Uses up a code that proves a contact somebody has added. @throws InvalidCode */
  abstract proveContact(challengeId: string, code: string): Promise<void>;
  /**
   * Whose account this is, made or joined if need be.
   * @throws RegistrationDisabled, OAuthLinkRequired
   * @throws OAuthAccountTaken, IdentityTaken when something else has just changed it: ask again, in a new transaction
   */
  abstract admit(
    tx: Transaction,
    command: Command & { readonly account: ProviderAccount },
  ): Promise<Admitted>;
  /** Links the account to the user who asks for it. @throws OAuthAccountTaken, UserNotFound */
  abstract linkProvider(
    tx: Transaction,
    command: Command & { readonly account: ProviderAccount; readonly actor: Actor },
  ): Promise<void>;
  /** Whether they can still be recognised by it: the identity is theirs, and proved. */
  abstract isRecognised(tx: Transaction, by: Recognised): Promise<boolean>;
  /** Names and addresses of the user, which a password must not be made of. */
  abstract findOwnWords(userId: number): Promise<string[]>;
  /** @throws UserNotFound */
  abstract assertExists(userId: number): Promise<void>;
  /** Locks the user for a change by `actor`. @throws UserNotFound, PrivilegeNotHeld */
  abstract assertManageable(tx: Transaction, userId: number, actor: Manager): Promise<void>;
  /**
   * Locks the user for a change by themselves; nothing if there is none. Whoever changes both contacts and credentials
   * begins with it, as a deletion does: else the two could wait for each other.
   */
  abstract lock(tx: Transaction, userId: number): Promise<void>;
  /** Tells the user, once `tx` has committed, what happened to the account. */
  abstract notify(
    tx: Transaction,
    command: Command & { readonly userId: number; readonly notice: Notice },
  ): Promise<void>;
  /** Null for a user who is unknown, deleted or disabled: nothing with a secret in it is sent to them. */
  abstract findAddressee(tx: Transaction, userId: number): Promise<Addressee | null>;
  /** The user has shown control of the contact by a secret sent to it. */
  abstract markVerified(tx: Transaction, command: Command & Recognised): Promise<void>;
}
