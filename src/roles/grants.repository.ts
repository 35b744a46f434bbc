import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { Transaction } from '../platform/database/transactions.js';
import { Privilege } from '../privileges/privilege.entity.js';
import { HOLDS } from './effective-privileges.service.js';

/** Which role holds which privilege. */
@Injectable()
export class GrantsRepository {
  constructor(@InjectRepository(Privilege) private readonly privileges: Repository<Privilege>) {}

  /** The effective privileges of a role, by id. */
  privilegesOf(roleId: number, tx?: Transaction): Promise<Privilege[]> {
    return (tx?.repository(Privilege) ?? this.privileges)
      .createQueryBuilder('p')
      .innerJoin('role', 'r', `r.id = :roleId AND r.deleted_at IS NULL AND ${HOLDS}`, { roleId })
      .orderBy('p.id')
      .getMany();
  }

  async namesHeldBy(tx: Transaction, roleId: number): Promise<string[]> {
    const rows = await tx.prepared<{ name: string }>(
      'read-names-held',
      `SELECT p.name FROM privilege p JOIN role r ON r.id = $1 AND ${HOLDS} WHERE p.deleted_at IS NULL ORDER BY p.id`,
      [roleId],
    );
    return rows.map((row) => row.name);
  }

  /**
   * Live privileges among `ids`. They are not locked: a grant of one that is deleted meanwhile is powerless, and
   * whoever deletes it locks privilege and role in the other order.
   */
  findPrivileges(tx: Transaction, ids: readonly number[]): Promise<Privilege[]> {
    return tx.repository(Privilege).findBy({ id: In([...ids]) });
  }

  async grantedIds(tx: Transaction, roleId: number): Promise<number[]> {
    const rows = await tx.query<{ privilege_id: number }>(
      `SELECT rp.privilege_id FROM role_privilege rp JOIN privilege p ON p.id = rp.privilege_id AND p.deleted_at IS NULL
       WHERE rp.role_id = $1 AND rp.deleted_at IS NULL`,
      [roleId],
    );
    return rows.map((row) => row.privilege_id);
  }

  async add(tx: Transaction, roleId: number, privilegeIds: readonly number[]): Promise<void> {
    await tx.query(
      `INSERT INTO role_privilege (role_id, privilege_id) SELECT $1, unnest($2::int[])
       ON CONFLICT (role_id, privilege_id) WHERE deleted_at IS NULL DO NOTHING`,
      [roleId, privilegeIds],
    );
  }

  async remove(tx: Transaction, roleId: number, privilegeIds: readonly number[]): Promise<void> {
    await tx.query(
      `UPDATE role_privilege SET deleted_at = now()
       WHERE role_id = $1 AND privilege_id = ANY($2::int[]) AND deleted_at IS NULL`,
      [roleId, privilegeIds],
    );
  }

  /** Ends every grant of a role that is being deleted. */
  async removeAll(tx: Transaction, roleId: number): Promise<void> {
    await tx.query('UPDATE role_privilege SET deleted_at = now() WHERE role_id = $1 AND deleted_at IS NULL', [
      roleId,
    ]);
  }
}
