import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { canonicalName } from '../common/canonical-name.js';
import type { Page, PageRequest } from '../common/page.js';
import { mapConstraintViolation } from '../platform/database/constraint-violation.js';
import { keysetPage } from '../platform/database/keyset-page.js';
import { insertReturning, updateReturning } from '../platform/database/returning.js';
import type { Transaction } from '../platform/database/transactions.js';
import { Role } from './role.entity.js';
import { RoleInUse, RoleNameTaken } from './role.errors.js';

export type RoleSortField = 'id' | 'name' | 'createdAt';
export type RoleFields = Pick<Role, 'name' | 'description'>;

const constraints = {
  ux_role_name: () => new RoleNameTaken(),
  role_in_use: () => new RoleInUse(),
};

@Injectable()
export class RolesRepository {
  constructor(@InjectRepository(Role) private readonly roles: Repository<Role>) {}

  list(request: PageRequest<RoleSortField>): Promise<Page<Role>> {
    const { field, descending } = request.sort;
    const sort = { field: field === 'name' ? ('nameKey' as const) : field, descending };
    return keysetPage(this.roles.createQueryBuilder('row'), { ...request, sort });
  }

  find(id: number): Promise<Role | null> {
    return this.roles.findOneBy({ id });
  }

  /** Holds off every other change of the role and of what it holds until the transaction ends. */
  findForChange(tx: Transaction, id: number): Promise<Role | null> {
    return tx.repository(Role).findOne({ where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** Keeps the role alive and what it holds unchanged until the transaction ends. False when there is none. */
  async lockForAssignment(tx: Transaction, id: number): Promise<boolean> {
    const rows = await tx.prepared(
      'lock-role-for-assignment',
      'SELECT id FROM role WHERE id = $1 AND deleted_at IS NULL FOR SHARE',
      [id],
    );
    return rows.length > 0;
  }

  async findIdByName(tx: Transaction, name: string): Promise<number | null> {
    const rows = await tx.query<{ id: number }>(
      'SELECT id FROM role WHERE name = $1 AND deleted_at IS NULL',
      [name],
    );
    return rows[0]?.id ?? null;
  }

  async lockIfNamed(tx: Transaction, id: number, name: string): Promise<boolean> {
    const rows = await tx.query('SELECT id FROM role WHERE id = $1 AND name = $2 FOR NO KEY UPDATE', [
      id,
      name,
    ]);
    return rows.length > 0;
  }

  /** @throws RoleNameTaken */
  insert(tx: Transaction, fields: RoleFields): Promise<Role> {
    return mapConstraintViolation(constraints, () => insertReturning(tx, Role, withKey(fields)));
  }

  /** @throws RoleNameTaken */
  update(tx: Transaction, id: number, fields: Partial<RoleFields>): Promise<Role> {
    return mapConstraintViolation(constraints, () => updateReturning(tx, Role, id, withKey(fields)));
  }

  /** @throws RoleInUse */
  async softDelete(tx: Transaction, id: number): Promise<void> {
    await mapConstraintViolation(constraints, () =>
      tx.repository(Role).softDelete({ id, deletedAt: IsNull() }),
    );
  }
}

function withKey<Fields extends Partial<RoleFields>>(fields: Fields): Fields & { nameKey?: string } {
  return fields.name === undefined ? fields : { ...fields, nameKey: canonicalName(fields.name) };
}
