import { Injectable } from '@nestjs/common';
import type { Actor, Manager } from '../access/actor.js';
import { DEFAULT_LANGUAGE, languageOf } from '../common/language.js';
import type { Page, PageRequest } from '../common/page.js';
import type { Contact } from '../messages/contact.js';
import { type Transaction, Transactions } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { asItIs, type SeenCheck } from '../platform/http/etag.js';
import { RolesService } from '../roles/roles.service.js';
import { Credentials } from './credentials.js';
import { IdentitiesService } from './identities/identities.service.js';
import type { User } from './user.entity.js';
import type { Shown } from './user.response.js';
import { LastSuperAdmin, NoContact, OwnRoleOrState, UserNotDeleted, UserNotFound } from './user.errors.js';
import {
  userCreated,
  userDeleted,
  userDisabled,
  userPasswordResetStarted,
  userRestored,
  userUnlocked,
  userUpdated,
} from './user.events.js';
import {
  type UserFields,
  type UserFilters,
  UsersRepository,
  type UserSortField,
} from './users.repository.js';

export type Profile = Pick<UserFields, 'firstName' | 'lastName' | 'jobTitle' | 'gender' | 'dob' | 'language'>;

/** Somebody who makes an account of their own. */
export interface Registration {
  readonly firstName: string;
  readonly lastName: string | null;
  readonly language?: string;
  /** A contact they have shown to be theirs; null where only a provider vouches for them. */
  readonly contact: Contact | null;
}

export interface NewUser {
  readonly profile: Profile;
  readonly roleId: number;
  readonly email: string | null;
  readonly mobile: string | null;
  readonly username: string | null;
}

/** Administration of users, and what a person changes of their own account. */
@Injectable()
export class UsersService {
  constructor(
    private readonly transactions: Transactions,
    private readonly users: UsersRepository,
    private readonly roles: RolesService,
    private readonly identities: IdentitiesService,
    private readonly credentials: Credentials,
    private readonly changes: ChangeLog,
  ) {}

  list(request: PageRequest<UserSortField>, filters: UserFilters): Promise<Page<User>> {
    return this.users.list(request, filters);
  }

  /** @throws UserNotFound */
  async get(id: number): Promise<User> {
    const user = await this.users.find(id);
    if (!user) throw new UserNotFound();
    return user;
  }

  /**
   * Creates a user and invites them to set a password.
   * @throws UnknownRole, PrivilegeNotHeld, IdentityTaken, UsernameTaken, TooManyMessages
   */
  create(input: NewUser, actor: Actor): Promise<Shown> {
    return this.transactions.run(actor, async (tx) => {
      const user = await this.add(tx, input, actor);
      await this.invite(tx, user.id, 'invitation', actor);
      return user;
    });
  }

  /**
   * Creates a user without a message to them: how they come to set a password is for the caller to see to.
   * @throws UnknownRole, PrivilegeNotHeld, IdentityTaken, UsernameTaken
   */
  async add(tx: Transaction, input: NewUser, actor: Manager): Promise<Shown> {
    const { profile, roleId, username } = input;
    await this.roles.lockForAssignment(tx, roleId, actor);
    const user = await this.users.insert(tx, { ...profile, roleId, isActive: true });
    await tx.all([
      ...contactsOf(input).map((contact) => this.identities.addPrimary(tx, user.id, contact)),
      this.credentials.create(tx, user.id, username),
      this.changes.record(tx, actor, userCreated(user), { roleId }),
    ]);
    return user;
  }

  /**
   * Makes the account of somebody who registers: the role `User`, a proved contact, no usable password yet.
   * @throws IdentityTaken
   */
  async register(tx: Transaction, { firstName, lastName, language, contact }: Registration): Promise<Shown> {
    const user = await this.users.insert(tx, {
      firstName,
      lastName,
      jobTitle: null,
      gender: null,
      dob: null,
      language: languageOf(language ?? DEFAULT_LANGUAGE),
      roleId: await this.roles.idOfRegistered(tx),
      isActive: true,
    });
    if (contact) await this.identities.addPrimary(tx, user.id, contact, true);
    await this.credentials.create(tx, user.id, null);
    await this.changes.record(tx, { userId: user.id }, userCreated(user), { registered: true });
    return user;
  }

  /**
   * Changes a user's profile, role or state.
   * @throws UserNotFound, OwnRoleOrState, PrivilegeNotHeld, UnknownRole, LastSuperAdmin, and what `assertSeen` throws
   */
  update(
    id: number,
    fields: Partial<UserFields>,
    actor: Manager,
    assertSeen: SeenCheck<User> = asItIs,
  ): Promise<User> {
    return this.change(id, actor, async (tx, before) => {
      const newRole = fields.roleId !== undefined && fields.roleId !== before.roleId;
      const newState = fields.isActive !== undefined && fields.isActive !== before.isActive;
      if (id === actor.userId && (newRole || newState)) throw new OwnRoleOrState();
      await assertSeen(before, tx);
      if (newRole || (newState && !fields.isActive)) await this.assertNotLastSuperAdmin(tx, before);
      if (newRole && fields.roleId !== undefined)
        await this.roles.lockForAssignment(tx, fields.roleId, actor);
      return this.applyUpdate(tx, before, fields, actor);
    });
  }

  /** Changes one's own profile. @throws UserNotFound, and what `assertSeen` throws */
  updateOwn(fields: Partial<Profile>, actor: Actor, assertSeen: SeenCheck<User> = asItIs): Promise<User> {
    return this.changeOwn(actor, async (tx, before) => {
      await assertSeen(before, tx);
      return this.applyUpdate(tx, before, fields, actor);
    });
  }

  /**
   * Soft-deletes a user.
   * @throws UserNotFound, OwnRoleOrState, PrivilegeNotHeld, LastSuperAdmin, and what `assertSeen` throws
   */
  delete(id: number, actor: Manager, assertSeen: SeenCheck<User> = asItIs): Promise<void> {
    return this.transactions.run(actor, async (tx) => {
      if (id === actor.userId) throw new OwnRoleOrState();
      const user = await this.getForChange(tx, id, actor);
      await assertSeen(user, tx);
      await this.applyDelete(tx, user, actor);
    });
  }

  /** Soft-deletes one's own account. @throws UserNotFound, LastSuperAdmin, and what `assertSeen` throws */
  deleteOwn(actor: Actor, assertSeen: SeenCheck<User> = asItIs): Promise<void> {
    return this.changeOwn(actor, async (tx, user) => {
      await assertSeen(user, tx);
      await this.applyDelete(tx, user, actor);
    });
  }

  /**
   * Brings a deleted user back as it was, with what was deleted along with it.
   * @throws UserNotFound, UserNotDeleted, UnknownRole, PrivilegeNotHeld, IdentityTaken, UsernameTaken
   */
  restore(id: number, actor: Manager): Promise<User> {
    return this.transactions.run(actor, async (tx) => {
      const user = await this.users.findDeletedForChange(tx, id);
      if (!user?.deletedAt) {
        await this.getForChange(tx, id, actor);
        throw new UserNotDeleted();
      }
      await this.roles.lockForAssignment(tx, user.roleId, actor);
      await this.identities.restoreOf(tx, id, user.deletedAt);
      await this.users.restore(tx, id);
      await this.changes.record(tx, actor, userRestored(id));
      return this.getLocked(tx, id);
    });
  }

  /**
   * Sends the user a one-time token to set a new password with. @throws UserNotFound, PrivilegeNotHeld, NoContact,
   * TooManyMessages
   */
  startPasswordReset(id: number, actor: Actor): Promise<void> {
    return this.transactions.run(actor, async (tx) => {
      await this.noteReset(tx, id, actor);
      await this.invite(tx, id, 'recovery', actor);
    });
  }

  /** As {@link startPasswordReset}, without the token: the caller makes it. @throws UserNotFound, PrivilegeNotHeld */
  async noteReset(tx: Transaction, id: number, actor: Manager): Promise<void> {
    await this.getForChange(tx, id, actor);
    await this.changes.record(tx, actor, userPasswordResetStarted(id));
  }

  /**
   * Ends what strangers can bring about before its time: locks, pauses and spent budgets. @throws UserNotFound,
   * PrivilegeNotHeld
   */
  unlock(id: number, actor: Manager): Promise<void> {
    return this.change(id, actor, async (tx) => {
      await this.identities.unlock(tx, id);
      await this.changes.record(tx, actor, userUnlocked(id));
    });
  }

  /** Names and contacts of a user. */
  async findOwnWords(id: number): Promise<string[]> {
    const user = await this.users.find(id);
    const names = [user?.firstName, user?.lastName].filter((name) => typeof name === 'string');
    return [...names, ...(await this.identities.findKnown(id))];
  }

  /** The language to write to a user in. Null for one who is unknown, deleted or disabled. */
  findLanguage(tx: Transaction, id: number): Promise<string | null> {
    return this.users.findLanguage(tx, id);
  }

  /**
   * A change of a user under their lock. Changes of one user come one after the other: each sees what the ones before have
   * left. @throws UserNotFound, PrivilegeNotHeld
   */
  change<T>(id: number, actor: Manager, work: (tx: Transaction, user: User) => Promise<T>): Promise<T> {
    return this.transactions.run(actor, async (tx) => work(tx, await this.getForChange(tx, id, actor)));
  }

  /** As {@link change}, of one's own account. @throws UserNotFound */
  changeOwn<T>(actor: Actor, work: (tx: Transaction, user: User) => Promise<T>): Promise<T> {
    return this.transactions.run(actor, async (tx) => work(tx, await this.getLocked(tx, actor.userId)));
  }

  /** For what others do to a user: locks the row. @throws UserNotFound, PrivilegeNotHeld */
  async assertManageable(tx: Transaction, id: number, actor: Manager): Promise<void> {
    await this.getForChange(tx, id, actor);
  }

  /** Does nothing for a user who is gone. */
  async lock(tx: Transaction, id: number): Promise<void> {
    await this.users.findForChange(tx, id);
  }

  private async invite(
    tx: Transaction,
    userId: number,
    purpose: 'invitation' | 'recovery',
    actor: Actor,
  ): Promise<void> {
    const contact = await this.identities.findReachable(tx, userId);
    if (!contact) throw new NoContact();
    await this.credentials.invite(tx, userId, contact, purpose, actor);
  }

  /** Nobody acts on a user whose role holds a privilege they lack. */
  private async getForChange(tx: Transaction, id: number, actor: Manager): Promise<User> {
    const user = await this.getLocked(tx, id);
    if (id !== actor.userId) await this.roles.assertHoldsAllOf(tx, user.roleId, actor);
    return user;
  }

  private async getLocked(tx: Transaction, id: number): Promise<User> {
    const user = await this.users.findForChange(tx, id);
    if (!user) throw new UserNotFound();
    return user;
  }

  private async applyUpdate(
    tx: Transaction,
    before: User,
    fields: Partial<UserFields>,
    actor: Manager,
  ): Promise<User> {
    const changed = (Object.keys(fields) as (keyof UserFields)[]).filter(
      (key) => fields[key] !== before[key],
    );
    if (changed.length === 0) return before;
    const user = await this.users.update(
      tx,
      before.id,
      Object.fromEntries(changed.map((key) => [key, fields[key]])),
    );
    const details = { changed, ...(changed.includes('roleId') && { roleId: user.roleId }) };
    await this.changes.record(tx, actor, userUpdated(user, changed), details);
    if (before.isActive && !user.isActive) {
      await this.identities.voidCodesOf(tx, user.id);
      await this.changes.record(tx, actor, userDisabled(user));
    }
    return user;
  }

  private async applyDelete(tx: Transaction, user: User, actor: Manager): Promise<void> {
    await this.assertNotLastSuperAdmin(tx, user);
    await this.users.softDelete(tx, user.id);
    await this.identities.deleteOf(tx, user.id);
    await this.changes.record(tx, actor, userDeleted(user.id));
  }

  /** Called before an active SuperAdmin is demoted, disabled or deleted. One stays who can sign in. */
  private async assertNotLastSuperAdmin(tx: Transaction, user: User): Promise<void> {
    if (!user.isActive || !(await this.roles.lockIfSuperAdmin(tx, user.roleId))) return;
    const others = await this.users.findOthersActiveIn(tx, user.roleId, user.id);
    const canSignIn =
      (await this.identities.hasWayIn(tx, others)) ||
      (await this.credentials.canSignInByUsername(tx, others));
    if (!canSignIn) throw new LastSuperAdmin();
  }
}

/** E-mail before mobile. */
function contactsOf({ email, mobile }: NewUser): Contact[] {
  return [
    ...(email === null ? [] : [{ type: 'email' as const, value: email }]),
    ...(mobile === null ? [] : [{ type: 'mobile' as const, value: mobile }]),
  ];
}
