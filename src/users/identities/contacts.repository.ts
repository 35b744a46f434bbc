import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ContactType } from '../../messages/contact.js';
import type { Transaction } from '../../platform/database/transactions.js';
import type { IdentityType } from './identity.entity.js';

/** An identity as its user sees it. */
export interface IdentityView {
  readonly id: number;
  readonly userId: number;
  readonly type: IdentityType;
  /** Null for accounts at a provider, whose subject ids mean nothing to people. */
  readonly value: string | null;
  readonly oauthProvider: string | null;
  readonly isVerified: boolean;
  readonly isPrimary: boolean;
  readonly createdAt: Date;
}

const VIEW = `SELECT id, user_id AS "userId", type, CASE WHEN type <> 'oauth' THEN value END AS value,
    oauth_provider AS "oauthProvider", coalesce(is_verified, true) AS "isVerified",
    coalesce(is_primary, false) AS "isPrimary", created_at AS "createdAt"
  FROM user_identity WHERE deleted_at IS NULL AND user_id = $1`;

/** Statements about the identities of one user. */
@Injectable()
export class ContactsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  list(userId: number): Promise<IdentityView[]> {
    return this.dataSource.query<IdentityView[]>(`${VIEW} ORDER BY type, is_primary DESC, id`, [userId]);
  }

  listIn(tx: Transaction, userId: number): Promise<IdentityView[]> {
    return tx.query<IdentityView>(`${VIEW} ORDER BY type, is_primary DESC, id`, [userId]);
  }

  /** The first proved contact of a kind becomes the primary one, also in place of one that was never proved. */
  async markProved(tx: Transaction, identity: { id: number; userId: number }): Promise<void> {
    // In two steps: the index that allows one primary is checked row by row.
    await tx.query(
      `UPDATE user_identity o SET is_primary = false FROM user_identity i
       WHERE i.id = $1 AND o.user_id = i.user_id AND o.type = i.type AND o.id <> i.id
         AND o.is_primary AND NOT o.is_verified AND o.deleted_at IS NULL`,
      [identity.id],
    );
    await tx.query(
      `UPDATE user_identity i SET is_verified = true, is_primary = i.is_primary OR NOT EXISTS (
         SELECT 1 FROM user_identity o
         WHERE o.user_id = i.user_id AND o.type = i.type AND o.is_primary AND o.deleted_at IS NULL)
       WHERE i.id = $1 AND i.deleted_at IS NULL`,
      [identity.id],
    );
  }

  /** In two steps: the index that allows one primary is checked row by row. */
  async swapPrimary(tx: Transaction, userId: number, type: ContactType, id: number): Promise<void> {
    await tx.query(
      `UPDATE user_identity SET is_primary = false
       WHERE user_id = $1 AND type = $2 AND is_primary AND deleted_at IS NULL`,
      [userId, type],
    );
    await tx.query('UPDATE user_identity SET is_primary = true WHERE id = $1', [id]);
  }

  /** A code that is out for it dies with it. */
  async remove(tx: Transaction, id: number): Promise<void> {
    await tx.query(
      'UPDATE user_identity SET deleted_at = now(), otp_code = NULL, otp_challenge = NULL WHERE id = $1 AND deleted_at IS NULL',
      [id],
    );
    await tx.query('DELETE FROM sign_in_code WHERE identity_id = $1', [id]);
  }
}
