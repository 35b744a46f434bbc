import { Injectable } from '@nestjs/common';
import { PrivilegeRequired } from '../access/access.errors.js';
import type { Actor } from '../access/actor.js';
import type { Page, PageRequest } from '../common/page.js';
import { type Transaction, Transactions } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { asItIs, type SeenCheck } from '../platform/http/etag.js';
import { PrivilegeCatalogue } from './privilege-catalogue.js';
import type { Privilege } from './privilege.entity.js';
import { PrivilegeNotFound, PrivilegeProtected } from './privilege.errors.js';
import { privilegeCreated, privilegeDeleted, privilegeUpdated } from './privilege.events.js';
import {
  type PrivilegeFields,
  PrivilegesRepository,
  type PrivilegeSortField,
} from './privileges.repository.js';

@Injectable()
export class PrivilegesService {
  constructor(
    private readonly transactions: Transactions,
    private readonly privileges: PrivilegesRepository,
    private readonly catalogue: PrivilegeCatalogue,
    private readonly changes: ChangeLog,
  ) {}

  list(request: PageRequest<PrivilegeSortField>): Promise<Page<Privilege>> {
    return this.privileges.list(request);
  }

  /** @throws PrivilegeNotFound */
  async get(id: number): Promise<Privilege> {
    const privilege = await this.privileges.find(id);
    if (!privilege) throw new PrivilegeNotFound();
    return privilege;
  }

  /** @throws PrivilegeNotFound */
  async idOf(tx: Transaction, name: string): Promise<number> {
    const id = await this.privileges.findIdByName(tx, name);
    if (id === null) throw new PrivilegeNotFound(`There is no privilege ${name}.`);
    return id;
  }

  /** Creates a privilege for the team's own software to check. @throws PrivilegeNameTaken */
  create(fields: PrivilegeFields, actor: Actor): Promise<Privilege> {
    return this.transactions.run(actor, async (tx) => {
      const privilege = await this.privileges.insert(tx, fields);
      await this.changes.record(tx, actor, privilegeCreated(privilege), { ...fields });
      return privilege;
    });
  }

  /**
   * Renames only what no role has been granted: a new name would give its holders another right.
   * @throws PrivilegeNotFound, PrivilegeProtected, PrivilegeRequired, PrivilegeInUse, PrivilegeNameTaken, and what
   * `assertSeen` throws
   */
  update(
    id: number,
    fields: Partial<PrivilegeFields>,
    actor: Actor,
    assertSeen: SeenCheck<Privilege> = asItIs,
  ): Promise<Privilege> {
    return this.transactions.run(actor, async (tx) => {
      const before = await this.getUnprotected(tx, id);
      if (fields.name !== undefined && fields.name !== before.name) assertHeld(before, actor);
      await assertSeen(before, tx);
      if (Object.keys(fields).length === 0) return before;
      const privilege = await this.privileges.update(tx, id, fields);
      await this.changes.record(tx, actor, privilegeUpdated(privilege), { ...fields });
      return privilege;
    });
  }

  /** Takes the privilege from every role that holds it. @throws PrivilegeNotFound, PrivilegeProtected, PrivilegeRequired */
  delete(id: number, actor: Actor, assertSeen: SeenCheck<Privilege> = asItIs): Promise<void> {
    return this.transactions.run(actor, async (tx) => {
      const privilege = await this.getUnprotected(tx, id);
      assertHeld(privilege, actor);
      await assertSeen(privilege, tx);
      await this.privileges.softDelete(tx, id);
      await this.changes.record(tx, actor, privilegeDeleted(privilege));
    });
  }

  private async getUnprotected(tx: Transaction, id: number): Promise<Privilege> {
    const privilege = await this.privileges.findForChange(tx, id);
    if (!privilege) throw new PrivilegeNotFound();
    if (this.catalogue.isDeclared(privilege.name)) throw new PrivilegeProtected();
    return privilege;
  }
}

/** Nobody takes from others, by deleting or by another name, what they do not hold. */
function assertHeld(privilege: Privilege, actor: Actor): void {
  if (actor.firstLacking([privilege.name]) !== undefined) {
    throw new PrivilegeRequired(`You do not hold ${privilege.name} yourself.`);
  }
}
