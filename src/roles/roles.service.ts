import { Injectable } from '@nestjs/common';
import type { Actor, Manager } from '../access/actor.js';
import type { Page, PageRequest } from '../common/page.js';
import { type Transaction, Transactions } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { asItIs, type SeenCheck } from '../platform/http/etag.js';
import { GrantsRepository } from './grants.repository.js';
import type { Role } from './role.entity.js';
import { OwnRole, PrivilegeNotHeld, RoleNotFound, SystemRole, UnknownRole } from './role.errors.js';
import { roleCreated, roleDeleted, roleUpdated } from './role.events.js';
import { type RoleFields, RolesRepository, type RoleSortField } from './roles.repository.js';
import { REGISTERED, SUPER_ADMIN, SYSTEM_ROLES } from './system-roles.js';

@Injectable()
export class RolesService {
  constructor(
    private readonly transactions: Transactions,
    private readonly roles: RolesRepository,
    private readonly grants: GrantsRepository,
    private readonly changes: ChangeLog,
  ) {}

  list(request: PageRequest<RoleSortField>): Promise<Page<Role>> {
    return this.roles.list(request);
  }

  /** @throws RoleNotFound */
  async get(id: number): Promise<Role> {
    const role = await this.roles.find(id);
    if (!role) throw new RoleNotFound();
    return role;
  }

  /** Creates a role that holds nothing yet. @throws RoleNameTaken */
  create(fields: RoleFields, actor: Actor): Promise<Role> {
    return this.transactions.run(actor, async (tx) => {
      const role = await this.roles.insert(tx, fields);
      await this.changes.record(tx, actor, roleCreated(role), { ...fields });
      return role;
    });
  }

  /**
   * @throws RoleNotFound, SystemRole when a system role is renamed, OwnRole, PrivilegeNotHeld, RoleNameTaken, and what
   * `assertSeen` throws
   */
  update(
    id: number,
    fields: Partial<RoleFields>,
    actor: Actor,
    assertSeen: SeenCheck<Role> = asItIs,
  ): Promise<Role> {
    return this.transactions.run(actor, async (tx) => {
      const before = await this.getForChange(tx, id);
      const renamed = fields.name !== undefined && fields.name !== before.name;
      if (renamed && SYSTEM_ROLES.includes(before.name)) throw new SystemRole();
      await this.assertMayChange(tx, before, actor);
      await assertSeen(before, tx);
      if (Object.keys(fields).length === 0) return before;
      const role = await this.roles.update(tx, id, fields);
      await this.changes.record(tx, actor, roleUpdated(role), { ...fields });
      return role;
    });
  }

  /** @throws RoleNotFound, SystemRole, OwnRole, PrivilegeNotHeld, RoleInUse, and what `assertSeen` throws */
  delete(id: number, actor: Actor, assertSeen: SeenCheck<Role> = asItIs): Promise<void> {
    return this.transactions.run(actor, async (tx) => {
      const role = await this.getForChange(tx, id);
      if (SYSTEM_ROLES.includes(role.name)) throw new SystemRole();
      await this.assertMayChange(tx, role, actor);
      await assertSeen(role, tx);
      await this.roles.softDelete(tx, id);
      await this.grants.removeAll(tx, id);
      await this.changes.record(tx, actor, roleDeleted(role));
    });
  }

  /**
   * Locks a role that is about to be given to a user.
   * @throws UnknownRole when it does not exist, PrivilegeNotHeld when it holds a privilege the actor lacks.
   */
  async lockForAssignment(tx: Transaction, id: number, actor: Manager): Promise<void> {
    const [isThere, held] = await tx.all([
      this.roles.lockForAssignment(tx, id),
      this.grants.namesHeldBy(tx, id),
    ]);
    if (!isThere) throw new UnknownRole();
    assertHoldsAll(held, actor);
  }

  /** @throws UnknownRole */
  async idOf(tx: Transaction, name: string): Promise<number> {
    const id = await this.roles.findIdByName(tx, name);
    if (id === null) throw new UnknownRole(`There is no role ${name}.`);
    return id;
  }

  /** The role of people who register. */
  async idOfRegistered(tx: Transaction): Promise<number> {
    const id = await this.roles.findIdByName(tx, REGISTERED);
    if (id === null) throw new Error(`The role ${REGISTERED} is missing: run the seeds`);
    return id;
  }

  /** Nobody acts on a role, or on a user with a role, that holds a privilege they lack. @throws PrivilegeNotHeld */
  async assertHoldsAllOf(tx: Transaction, roleId: number, actor: Manager): Promise<void> {
    assertHoldsAll(await this.grants.namesHeldBy(tx, roleId), actor);
  }

  /**
   * Whether the role is SuperAdmin. If so it is locked until the transaction ends: of several changes that each
   * would take away a SuperAdmin, one is decided at a time.
   */
  lockIfSuperAdmin(tx: Transaction, id: number): Promise<boolean> {
    return this.roles.lockIfNamed(tx, id, SUPER_ADMIN);
  }

  private async getForChange(tx: Transaction, id: number): Promise<Role> {
    const role = await this.roles.findForChange(tx, id);
    if (!role) throw new RoleNotFound();
    return role;
  }

  private async assertMayChange(tx: Transaction, role: Role, actor: Actor): Promise<void> {
    if (role.id === actor.roleId) throw new OwnRole();
    await this.assertHoldsAllOf(tx, role.id, actor);
  }
}

function assertHoldsAll(privileges: readonly string[], actor: Manager): void {
  const lacking = actor.firstLacking(privileges);
  if (lacking !== undefined) throw new PrivilegeNotHeld(`The role holds ${lacking}, which yours lacks.`);
}
