import { Injectable } from '@nestjs/common';
import type { Manager } from '../access/actor.js';
import { type Transaction, Transactions } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { asItIs, type SeenCheck } from '../platform/http/etag.js';
import type { Privilege } from '../privileges/privilege.entity.js';
import { PrivilegeNotFound } from '../privileges/privilege.errors.js';
import { GrantsRepository } from './grants.repository.js';
import type { Role } from './role.entity.js';
import { OwnRole, PrivilegeNotHeld, RoleNotFound, SystemRole, UnknownPrivilege } from './role.errors.js';
import { changesOfPrivileges } from './role.events.js';
import { RolesRepository } from './roles.repository.js';
import { RolesService } from './roles.service.js';
import { SUPER_ADMIN } from './system-roles.js';

/** Grants privileges to roles. Nobody grants what they do not hold, nor changes their own role. */
@Injectable()
export class GrantsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly roles: RolesService,
    private readonly rolesRepository: RolesRepository,
    private readonly grants: GrantsRepository,
    private readonly changes: ChangeLog,
  ) {}

  /** @throws RoleNotFound */
  async list(roleId: number): Promise<Privilege[]> {
    await this.roles.get(roleId);
    return this.grants.privilegesOf(roleId);
  }

  /** What a role holds as a transaction sees it. */
  listIn(tx: Transaction, roleId: number): Promise<Privilege[]> {
    return this.grants.privilegesOf(roleId, tx);
  }

  /** Makes `privilegeIds` the whole set of the role. @throws as {@link change} */
  replace(
    roleId: number,
    privilegeIds: readonly number[],
    actor: Manager,
    assertSeen: SeenCheck<Role> = asItIs,
  ): Promise<Privilege[]> {
    return this.transactions.run(actor, async (tx) => {
      await this.change(tx, roleId, actor, assertSeen, (granted) => ({
        add: privilegeIds.filter((id) => !granted.has(id)),
        remove: [...granted].filter((id) => !privilegeIds.includes(id)),
      }));
      return this.listIn(tx, roleId);
    });
  }

  /** Does nothing when the role holds it already. @throws PrivilegeNotFound, and as {@link change} */
  async grant(
    roleId: number,
    privilegeId: number,
    actor: Manager,
    assertSeen: SeenCheck<Role> = asItIs,
  ): Promise<void> {
    await this.transactions.run(actor, async (tx) => {
      await this.assertExists(tx, privilegeId);
      await this.change(tx, roleId, actor, assertSeen, (granted) => ({
        add: granted.has(privilegeId) ? [] : [privilegeId],
        remove: [],
      }));
    });
  }

  /** Does nothing when the role does not hold it. @throws PrivilegeNotFound, and as {@link change} */
  async revoke(
    roleId: number,
    privilegeId: number,
    actor: Manager,
    assertSeen: SeenCheck<Role> = asItIs,
  ): Promise<void> {
    await this.transactions.run(actor, async (tx) => {
      await this.assertExists(tx, privilegeId);
      await this.change(tx, roleId, actor, assertSeen, (granted) => ({
        add: [],
        remove: granted.has(privilegeId) ? [privilegeId] : [],
      }));
    });
  }

  /**
   * @throws RoleNotFound, SystemRole for SuperAdmin, OwnRole, PrivilegeNotHeld, UnknownPrivilege, and what `assertSeen`
   * throws
   */
  private async change(
    tx: Transaction,
    roleId: number,
    actor: Manager,
    assertSeen: SeenCheck<Role>,
    decide: (granted: ReadonlySet<number>) => { add: readonly number[]; remove: readonly number[] },
  ): Promise<void> {
    const role = await this.rolesRepository.findForChange(tx, roleId);
    if (!role) throw new RoleNotFound();
    if (role.name === SUPER_ADMIN) throw new SystemRole();
    if (role.id === actor.roleId) throw new OwnRole();
    await this.roles.assertHoldsAllOf(tx, roleId, actor);
    await assertSeen(role, tx);

    const { add, remove } = decide(new Set(await this.grants.grantedIds(tx, roleId)));
    const touched = new Map(
      (await this.grants.findPrivileges(tx, [...add, ...remove])).map((p) => [p.id, p.name]),
    );
    const granted = add.map((id) => {
      const name = touched.get(id);
      if (name === undefined) throw new UnknownPrivilege(`There is no privilege with the id ${id}.`);
      return name;
    });
    const lacking = actor.firstLacking(granted);
    if (lacking !== undefined) throw new PrivilegeNotHeld(`You do not hold ${lacking} yourself.`);
    if (add.length + remove.length === 0) return;

    await this.grants.add(tx, roleId, add);
    await this.grants.remove(tx, roleId, remove);
    const revoked = remove.flatMap((id) => touched.get(id) ?? []);
    const events = changesOfPrivileges(roleId, granted, revoked);
    await this.changes.recordAll(tx, actor, events, (part) => ({
      granted: part.granted,
      revoked: part.revoked,
    }));
  }

  private async assertExists(tx: Transaction, privilegeId: number): Promise<void> {
    const found = await this.grants.findPrivileges(tx, [privilegeId]);
    if (found.length === 0) throw new PrivilegeNotFound();
  }
}
