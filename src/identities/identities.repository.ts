import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { mapConstraintViolation } from '../platform/database/constraint-violation.js';
import { insertReturning } from '../platform/database/returning.js';
import type { Transaction } from '../platform/database/transactions.js';
import { type ContactType, Identity } from './identity.entity.js';
import { IdentityTaken } from './identity.errors.js';

const constraints = { ux_user_identity_value: () => new IdentityTaken() };

@Injectable()
export class IdentitiesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws IdentityTaken */
  insertContact(
    tx: Transaction,
    contact: { userId: number; type: ContactType; value: string; isVerified: boolean; isPrimary: boolean },
  ): Promise<Identity> {
    return mapConstraintViolation(constraints, () => insertReturning(tx, Identity, contact));
  }

  async findContact(
    type: ContactType,
    value: string,
  ): Promise<{ userId: number; isVerified: boolean } | null> {
    const rows = await this.dataSource.query<{ userId: number; isVerified: boolean }[]>(
      `SELECT user_id AS "userId", is_verified AS "isVerified" FROM user_identity
       WHERE type = $1 AND value = $2 AND oauth_provider IS NULL AND deleted_at IS NULL`,
      [type, value],
    );
    return rows[0] ?? null;
  }

  primaryContacts(
    userIds: readonly number[],
  ): Promise<{ userId: number; type: ContactType; value: string }[]> {
    return this.dataSource.query<{ userId: number; type: ContactType; value: string }[]>(
      `SELECT user_id AS "userId", type, value FROM user_identity
       WHERE user_id = ANY($1::int[]) AND is_primary AND deleted_at IS NULL`,
      [userIds],
    );
  }

  /** The contact a message to this user goes to: the primary e-mail, else the primary mobile. */
  async findReachable(
    tx: Transaction,
    userId: number,
  ): Promise<{ id: number; type: ContactType; value: string } | null> {
    const rows = await tx.query<{ id: number; type: ContactType; value: string }>(
      `SELECT id, type, value FROM user_identity
       WHERE user_id = $1 AND is_primary AND deleted_at IS NULL ORDER BY type LIMIT 1`,
      [userId],
    );
    return rows[0] ?? null;
  }

  async markVerified(tx: Transaction, id: number, userId: number): Promise<void> {
    await tx.query(
      'UPDATE user_identity SET is_verified = true WHERE id = $1 AND user_id = $2 AND NOT is_verified AND deleted_at IS NULL',
      [id, userId],
    );
  }

  /** Gives all of them the same time of deletion, by which they are told apart when the user is restored. */
  async softDeleteOf(tx: Transaction, userId: number): Promise<void> {
    await tx.query('UPDATE user_identity SET deleted_at = now() WHERE user_id = $1 AND deleted_at IS NULL', [
      userId,
    ]);
  }

  /** @throws IdentityTaken when another user has taken one of them meanwhile. */
  async restoreOf(tx: Transaction, userId: number, deletedAt: Date): Promise<void> {
    await mapConstraintViolation(constraints, () =>
      tx.query('UPDATE user_identity SET deleted_at = NULL WHERE user_id = $1 AND deleted_at = $2', [
        userId,
        deletedAt,
      ]),
    );
  }
}
