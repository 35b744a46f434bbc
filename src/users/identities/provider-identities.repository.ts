import { Injectable } from '@nestjs/common';
import { mapConstraintViolation } from '../../platform/database/constraint-violation.js';
import { insertReturning } from '../../platform/database/returning.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { Identity } from './identity.entity.js';
import { OAuthAccountTaken } from './identity.errors.js';

const constraints = { ux_user_identity_value: () => new OAuthAccountTaken() };

/** An e-mail address as it is known here, under its row's lock. */
export interface HeldAddress {
  readonly identityId: number;
  readonly userId: number;
  readonly isVerified: boolean;
  readonly isPrimary: boolean;
  /** Its user has never proved anything: no contact, no account at a provider. */
  readonly isUserUnproved: boolean;
}

/** An account at a provider that belongs to a user. */
export interface LinkedAccount {
  readonly userId: number;
  readonly identityId: number;
}

/** Every query of the identities that are accounts at providers. */
@Injectable()
export class ProviderIdentitiesRepository {
  async find(tx: Transaction, provider: string, subject: string): Promise<LinkedAccount | null> {
    const rows = await tx.query<LinkedAccount>(
      `SELECT user_id AS "userId", id AS "identityId" FROM user_identity
       WHERE type = 'oauth' AND oauth_provider = $1 AND value = $2 AND deleted_at IS NULL`,
      [provider, subject],
    );
    return rows[0] ?? null;
  }

  /** Whether the user has removed an account at this provider. */
  async hasRemoved(tx: Transaction, userId: number, provider: string): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM user_identity
       WHERE user_id = $1 AND type = 'oauth' AND oauth_provider = $2 AND deleted_at IS NOT NULL LIMIT 1`,
      [userId, provider],
    );
    return rows.length > 0;
  }

  /** @throws OAuthAccountTaken */
  insert(tx: Transaction, userId: number, provider: string, subject: string): Promise<Identity> {
    const row = { userId, type: 'oauth', value: subject, oauthProvider: provider } as const;
    return mapConstraintViolation(constraints, () =>
      insertReturning(tx, Identity, { ...row, isVerified: null, isPrimary: null }),
    );
  }

  async lockAddress(tx: Transaction, email: string): Promise<HeldAddress | null> {
    const rows = await tx.query<HeldAddress>(
      `SELECT id AS "identityId", user_id AS "userId", is_verified AS "isVerified", is_primary AS "isPrimary",
         NOT EXISTS (SELECT 1 FROM user_identity other WHERE other.user_id = held.user_id AND other.deleted_at IS NULL
           AND (other.is_verified OR other.type = 'oauth')) AS "isUserUnproved"
       FROM user_identity held
       WHERE type = 'email' AND value = $1 AND oauth_provider IS NULL AND deleted_at IS NULL
       FOR NO KEY UPDATE`,
      [email],
    );
    return rows[0] ?? null;
  }
}
