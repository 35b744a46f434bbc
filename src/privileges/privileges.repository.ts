import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.js';
import { insertReturning, updateReturning } from '../platform/database/returning.js';
import { keysetPage } from '../platform/database/keyset-page.js';
import type { Transaction } from '../platform/database/transactions.js';
import { mapConstraintViolation } from '../platform/database/constraint-violation.js';
import { Privilege } from './privilege.entity.js';
import { PrivilegeInUse, PrivilegeNameTaken } from './privilege.errors.js';

export type PrivilegeSortField = 'id' | 'name' | 'createdAt';
export type PrivilegeFields = Pick<Privilege, 'name' | 'description'>;

const constraints = {
  ux_privilege_name: () => new PrivilegeNameTaken(),
  privilege_in_use: () => new PrivilegeInUse(),
};

@Injectable()
export class PrivilegesRepository {
  constructor(@InjectRepository(Privilege) private readonly privileges: Repository<Privilege>) {}

  list(request: PageRequest<PrivilegeSortField>): Promise<Page<Privilege>> {
    return keysetPage(this.privileges.createQueryBuilder('row'), request);
  }

  find(id: number): Promise<Privilege | null> {
    return this.privileges.findOneBy({ id });
  }

  async findIdByName(tx: Transaction, name: string): Promise<number | null> {
    return (await tx.repository(Privilege).findOneBy({ name }))?.id ?? null;
  }

  /** Holds off grants too: their foreign key waits for this lock. */
  findForChange(tx: Transaction, id: number): Promise<Privilege | null> {
    return tx.repository(Privilege).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** @throws PrivilegeNameTaken */
  insert(tx: Transaction, fields: PrivilegeFields): Promise<Privilege> {
    return mapConstraintViolation(constraints, () => insertReturning(tx, Privilege, fields));
  }

  /** @throws PrivilegeNameTaken */
  update(tx: Transaction, id: number, fields: Partial<PrivilegeFields>): Promise<Privilege> {
    return mapConstraintViolation(constraints, () => updateReturning(tx, Privilege, id, fields));
  }

  async softDelete(tx: Transaction, id: number): Promise<void> {
    await tx.repository(Privilege).softDelete({ id, deletedAt: IsNull() });
  }
}
