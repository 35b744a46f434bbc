import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Transaction } from '../platform/database/transactions.js';
import { IdentitiesService } from './identities/identities.service.js';
import { IdentityTaken, OAuthAccountTaken } from './identities/identity.errors.js';
import {
  type LinkedAccount,
  type ProviderSubject,
  ProviderIdentitiesService,
} from './identities/provider-identities.service.js';
import { UsersConfig } from './users.config.js';
import { OAuthLinkRequired, RegistrationDisabled, UserNotFound } from './user.errors.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** Somebody as a provider has shown them to be. */
export interface ProviderAccount extends ProviderSubject {
  /** In canonical form. `isProved`: the provider is trusted with addresses and says that this one is theirs. */
  readonly email: { readonly value: string; readonly isProved: boolean } | null;
  readonly firstName: string;
  readonly lastName: string | null;
}

export interface Admitted extends LinkedAccount {
  /** They were invited and had proved nothing before: what somebody may have prepared in the account is not theirs. */
  readonly wasInvited: boolean;
}

/**
 * Whose account an account at a provider is. Once linked, provider and subject decide and nothing else does. Before,
 * an e-mail address joins the two only if both sides have proved it: otherwise somebody could take over an account by
 * naming its address at a provider, or prepare one here for its owner to walk into (docs/oauth.md). Whoever has removed
 * an account at a provider is not joined to one there again, but links it.
 */
@Injectable()
export class ProviderAccountsService {
  constructor(
    private readonly linked: ProviderIdentitiesService,
    private readonly identities: IdentitiesService,
    private readonly users: UsersService,
    private readonly rows: UsersRepository,
    private readonly config: UsersConfig,
  ) {}

  /**
   * Answers the user, made or joined if need be, and the identity they came by. Whether they may sign in is not asked here.
   * @throws RegistrationDisabled, OAuthLinkRequired
   * @throws OAuthAccountTaken, IdentityTaken when something else has just changed it: ask again, in a new transaction
   */
  async admit(tx: Transaction, account: ProviderAccount): Promise<Admitted> {
    const known = await this.linked.find(tx, account);
    if (known) return { ...known, wasInvited: false };
    // What nobody has proved is not looked for: the answer would tell strangers who has an account.
    const address = account.email?.isProved ? account.email.value : null;
    const owner =
      address === null ? null : await this.identities.findOwner({ type: 'email', value: address }, tx);
    return owner && address !== null
      ? this.join(tx, owner.userId, address, account)
      : this.register(tx, account);
  }

  /** Links an account at a provider to the user who asks for it. @throws OAuthAccountTaken, UserNotFound */
  async link(tx: Transaction, account: ProviderSubject, actor: Actor): Promise<void> {
    if (!(await this.rows.findForChange(tx, actor.userId))) throw new UserNotFound();
    const holder = await this.linked.find(tx, account);
    if (holder?.userId === actor.userId) return;
    if (holder) throw new OAuthAccountTaken();
    await this.linked.linkAndTell(tx, actor.userId, account, actor);
  }

  /** The provider has proved the address, and it is known here. What has been proved of it here decides. */
  private async join(
    tx: Transaction,
    ownerId: number,
    address: string,
    account: ProviderAccount,
  ): Promise<Admitted> {
    // In the order in which a deletion locks them.
    const user = await this.rows.findForChange(tx, ownerId);
    const held = await this.linked.lockAddress(tx, address);
    if (!user || held?.userId !== ownerId) throw new IdentityTaken();
    // A claim: it ends when an account is made with the address.
    if (!held.isVerified && !held.isPrimary) return this.register(tx, account);
    if (!held.isVerified && !held.isUserUnproved) throw new OAuthLinkRequired();
    // Stays as it is, and is refused where sessions are opened.
    if (!user.isActive) return { userId: ownerId, identityId: held.identityId, wasInvited: false };
    if (await this.linked.hasRemoved(tx, ownerId, account.provider)) throw new OAuthLinkRequired();
    if (!held.isVerified) await this.identities.markVerified(tx, held.identityId, ownerId);
    const linked = await this.linked.linkAndTell(tx, ownerId, account, { userId: ownerId });
    return { ...linked, wasInvited: !held.isVerified };
  }

  private async register(tx: Transaction, account: ProviderAccount): Promise<Admitted> {
    if (!this.config.registrationEnabled) throw new RegistrationDisabled();
    const { firstName, lastName, email } = account;
    const contact = email?.isProved ? { type: 'email' as const, value: email.value } : null;
    const { id } = await this.users.register(tx, { firstName, lastName, contact });
    return { ...(await this.linked.link(tx, id, account, { userId: id })), wasInvited: false };
  }
}
