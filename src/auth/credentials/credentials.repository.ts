import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { mapConstraintViolation } from '../../platform/database/constraint-violation.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { UsernameTaken } from '../../users/user.errors.js';
import type { ResetPurpose } from './password-reset.entity.js';

const constraints = { ux_user_auth_username: () => new UsernameTaken() };

export interface StoredPassword {
  readonly userId: number;
  readonly passwordHash: string;
}

export interface ResetGrant {
  readonly userId: number;
  readonly identityId: number;
  readonly purpose: ResetPurpose;
}

/** Every query of `user_auth` and `password_reset`. */
@Injectable()
export class CredentialsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  findByUserId(userId: number): Promise<StoredPassword | null> {
    return this.findPassword('user_id = $1', userId);
  }

  findByUsername(username: string): Promise<StoredPassword | null> {
    return this.findPassword('lower(username) = lower($1)', username);
  }

  /** @throws UsernameTaken */
  async insert(
    tx: Transaction,
    userId: number,
    username: string | null,
    passwordHash: string,
  ): Promise<void> {
    await mapConstraintViolation(constraints, () =>
      tx.query('INSERT INTO user_auth (user_id, username, password_hash) VALUES ($1, $2, $3)', [
        userId,
        username,
        passwordHash,
      ]),
    );
  }

  async setPassword(tx: Transaction, userId: number, passwordHash: string): Promise<void> {
    await tx.query(
      `UPDATE user_auth SET password_hash = $2, wrong_password_count = 0, account_locked_until = NULL
       WHERE user_id = $1 AND deleted_at IS NULL`,
      [userId, passwordHash],
    );
  }

  async noteLogin(tx: Transaction, userId: number): Promise<void> {
    await tx.query('UPDATE user_auth SET last_login_at = now() WHERE user_id = $1 AND deleted_at IS NULL', [
      userId,
    ]);
  }

  async softDelete(tx: Transaction, userId: number): Promise<void> {
    await tx.query('UPDATE user_auth SET deleted_at = now() WHERE user_id = $1 AND deleted_at IS NULL', [
      userId,
    ]);
    await this.voidResets(tx, userId);
  }

  /** @throws UsernameTaken when somebody took the username meanwhile. */
  async restore(tx: Transaction, userId: number, deletedAt: Date): Promise<void> {
    await mapConstraintViolation(constraints, () =>
      tx.query('UPDATE user_auth SET deleted_at = NULL WHERE user_id = $1 AND deleted_at = $2', [
        userId,
        deletedAt,
      ]),
    );
  }

  async insertReset(
    tx: Transaction,
    reset: ResetGrant & { tokenHash: Buffer; ttlSeconds: number },
  ): Promise<void> {
    await tx.query(
      `INSERT INTO password_reset (user_id, identity_id, purpose, token_hash, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
      [reset.userId, reset.identityId, reset.purpose, reset.tokenHash, reset.ttlSeconds],
    );
  }

  /** A newer token, a new password and a deleted user each end the tokens that are out. */
  async voidResets(tx: Transaction, userId: number): Promise<void> {
    await tx.query(
      'UPDATE password_reset SET deleted_at = now() WHERE user_id = $1 AND used_at IS NULL AND deleted_at IS NULL',
      [userId],
    );
  }

  /** Whom a token is for. Null when it is unknown, used or out of date. */
  async findOpenReset(tokenHash: Buffer): Promise<number | null> {
    const rows = await this.dataSource.query<{ userId: number }[]>(
      `SELECT user_id AS "userId" FROM password_reset
       WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now() AND deleted_at IS NULL`,
      [tokenHash],
    );
    return rows[0]?.userId ?? null;
  }

  /** Uses the token up. Null when it is unknown, used or out of date; of several at once one gets it. */
  async takeReset(tx: Transaction, tokenHash: Buffer): Promise<ResetGrant | null> {
    const rows = await tx.query<ResetGrant>(
      `UPDATE password_reset SET used_at = now()
       WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now() AND deleted_at IS NULL
       RETURNING user_id AS "userId", identity_id AS "identityId", purpose`,
      [tokenHash],
    );
    return rows[0] ?? null;
  }

  private async findPassword(condition: string, value: number | string): Promise<StoredPassword | null> {
    const rows = await this.dataSource.query<StoredPassword[]>(
      `SELECT user_id AS "userId", password_hash AS "passwordHash" FROM user_auth
       WHERE ${condition} AND deleted_at IS NULL`,
      [value],
    );
    return rows[0] ?? null;
  }
}
