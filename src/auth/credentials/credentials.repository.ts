import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { lowerAscii } from '../../common/canonical-name.js';
import { mapConstraintViolation } from '../../platform/database/constraint-violation.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { UsernameTaken } from '../../users/user.errors.js';
import type { ResetPurpose } from './password-reset.entity.js';

const constraints = { ux_user_auth_username: () => new UsernameTaken() };

export interface LockoutRule {
  /** Failures in a row that lock. */
  readonly limit: number;
  /** Seconds of the first lock. */
  readonly base: number;
  /** Seconds of the longest. */
  readonly max: number;
}

export interface StoredPassword {
  readonly passwordHash: string;
  readonly credentialVersion: number;
}

export interface ReservedAttempt {
  readonly passwordHash: string;
  /** The last one before the lock, which is in place already. */
  readonly isLast: boolean;
}

export interface ResetGrant {
  readonly userId: number;
  readonly identityId: number;
  readonly purpose: ResetPurpose;
}

const CLEAN_UP_EVERY = 5 * 60_000;
/** Seconds a token is kept that is good for nothing any more. */
const KEEP_RESETS = 7 * 86_400;

/** Every query of `user_auth` and `password_reset`. */
@Injectable()
export class CredentialsRepository implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.drain({
      name: 'auth.clean_up_resets',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.removeOldResets(batch),
    });
  }

  /** Whose username this is, whatever the case. */
  async findUserId(username: string): Promise<number | null> {
    const rows = await this.dataSource.query<{ userId: number }[]>(
      'SELECT user_id AS "userId" FROM user_auth WHERE username = $1 AND deleted_at IS NULL',
      [lowerAscii(username)],
    );
    return rows[0]?.userId ?? null;
  }

  async findUsername(userId: number): Promise<{ username: string | null } | null> {
    const rows = await this.dataSource.query<{ username: string | null }[]>(
      'SELECT username FROM user_auth WHERE user_id = $1 AND deleted_at IS NULL',
      [userId],
    );
    return rows[0] ?? null;
  }

  async findPassword(userId: number): Promise<StoredPassword | null> {
    const rows = await this.dataSource.query<StoredPassword[]>(
      `SELECT password_hash AS "passwordHash", credential_version AS "credentialVersion"
       FROM user_auth WHERE user_id = $1 AND deleted_at IS NULL`,
      [userId],
    );
    return rows[0] ?? null;
  }

  /**
   * Counts an attempt before the password is compared, and hands out the hash to compare with. Null while the account
   * is locked: then nothing is counted and nothing may be compared. One statement: of many at once no more than `limit`
   * get a hash. Each `limit` failures in a row lock for twice as long as the last, up to a maximum.
   */
  async reserveAttempt(userId: number, { limit, base, max }: LockoutRule): Promise<ReservedAttempt | null> {
    const [rows] = await this.dataSource.query<[ReservedAttempt[], number]>(
      `UPDATE user_auth SET wrong_password_count = wrong_password_count + 1,
         account_locked_until = CASE WHEN (wrong_password_count + 1) % $2 = 0
           THEN now() + make_interval(secs => least($3 * 2 ^ least((wrong_password_count + 1) / $2 - 1, 20), $4)) END
       WHERE user_id = $1 AND deleted_at IS NULL AND (account_locked_until IS NULL OR account_locked_until <= now())
       RETURNING password_hash AS "passwordHash", account_locked_until IS NOT NULL AS "isLast"`,
      [userId, limit, base, max],
    );
    return rows[0] ?? null;
  }

  /** A counted attempt was not compared: it does not count, and the lock that its number brought about ends. */
  async giveBackAttempt(userId: number, { limit }: LockoutRule): Promise<void> {
    await this.dataSource.query(
      `UPDATE user_auth SET wrong_password_count = wrong_password_count - 1,
         account_locked_until = CASE WHEN wrong_password_count % $2 > 0 THEN account_locked_until END
       WHERE user_id = $1 AND deleted_at IS NULL AND wrong_password_count > 0`,
      [userId, limit],
    );
  }

  /** Ends a lock and forgets the failures. */
  async unlock(tx: Transaction, userId: number): Promise<void> {
    await tx.query(
      `UPDATE user_auth SET wrong_password_count = 0, account_locked_until = NULL
       WHERE user_id = $1 AND deleted_at IS NULL`,
      [userId],
    );
  }

  /** @throws UsernameTaken */
  async insert(
    tx: Transaction,
    userId: number,
    username: string | null,
    passwordHash: string,
  ): Promise<void> {
    await mapConstraintViolation(constraints, () =>
      tx.prepared(
        'insert-credentials',
        'INSERT INTO user_auth (user_id, username, password_hash) VALUES ($1, $2, $3)',
        [userId, username === null ? null : lowerAscii(username), passwordHash],
      ),
    );
  }

  /** Replaces the password that was verified. False when it has been changed meanwhile. */
  async replacePassword(tx: Transaction, userId: number, verified: string, next: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE user_auth SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2 AND deleted_at IS NULL
       RETURNING id`,
      [userId, verified, next],
    );
    return rows.length > 0;
  }

  /** With the new version of the credentials nothing that was bound to the last one holds: known devices. */
  async setPassword(tx: Transaction, userId: number, passwordHash: string): Promise<void> {
    await tx.query(
      `UPDATE user_auth SET password_hash = $2, credential_version = credential_version + 1,
         wrong_password_count = 0, account_locked_until = NULL
       WHERE user_id = $1 AND deleted_at IS NULL`,
      [userId, passwordHash],
    );
  }

  /**
   * Notes a sign-in with the password that had the hash `verified`, forgets failures, and stores `rehash` if given.
   * Answers the version of the credentials; null when the password has been changed meanwhile. Holds the lock under
   * which sessions are opened and ended.
   */
  async noteLogin(
    tx: Transaction,
    userId: number,
    verified: string,
    rehash: string | null,
  ): Promise<number | null> {
    const rows = await tx.query<{ version: number }>(
      `UPDATE user_auth SET last_login_at = now(), wrong_password_count = 0, account_locked_until = NULL,
         password_hash = coalesce($3, password_hash)
       WHERE user_id = $1 AND password_hash = $2 AND deleted_at IS NULL RETURNING credential_version AS version`,
      [userId, verified, rehash],
    );
    return rows[0]?.version ?? null;
  }

  /**
   * Notes a sign-in by other means: wrong passwords stay counted. Answers the version of the credentials; null for a user
   * without any.
   */
  async noteOtherLogin(tx: Transaction, userId: number): Promise<number | null> {
    const rows = await tx.query<{ version: number }>(
      `UPDATE user_auth SET last_login_at = now() WHERE user_id = $1 AND deleted_at IS NULL
       RETURNING credential_version AS version`,
      [userId],
    );
    return rows[0]?.version ?? null;
  }

  async canSignInByUsername(tx: Transaction, userIds: readonly number[], unusable: string): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM user_auth
       WHERE user_id = ANY($1::int[]) AND username IS NOT NULL AND password_hash <> $2 AND deleted_at IS NULL LIMIT 1`,
      [userIds, unusable],
    );
    return rows.length > 0;
  }

  async softDelete(tx: Transaction, userId: number): Promise<void> {
    await tx.query('UPDATE user_auth SET deleted_at = now() WHERE user_id = $1 AND deleted_at IS NULL', [
      userId,
    ]);
    await this.voidResets(tx, userId);
  }

  /** Removes for good what a deleted user had to sign in with. */
  async purge(tx: Transaction, userId: number): Promise<void> {
    await tx.query('DELETE FROM user_auth WHERE user_id = $1 AND deleted_at IS NOT NULL', [userId]);
    await tx.query('DELETE FROM password_reset WHERE user_id = $1', [userId]);
  }

  /**
   * A user has one row all their life, deleted with them. @throws UsernameTaken when somebody took the username meanwhile.
   */
  async restore(tx: Transaction, userId: number): Promise<void> {
    await mapConstraintViolation(constraints, () =>
      tx.query('UPDATE user_auth SET deleted_at = NULL WHERE user_id = $1 AND deleted_at IS NOT NULL', [
        userId,
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

  /** Removes some of the tokens that were out of date long ago. Answers how many. */
  private async removeOldResets(batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM password_reset WHERE id = ANY (ARRAY(
         SELECT id FROM password_reset WHERE expires_at < now() - make_interval(secs => $1)
         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [KEEP_RESETS, batch],
    );
    return removed.length;
  }
}
