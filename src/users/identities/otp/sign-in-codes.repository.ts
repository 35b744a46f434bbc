import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Causer } from '../../../messages/send-budget.service.js';
import { Secrets } from '../../../platform/config/secrets.config.js';
import type { Transaction } from '../../../platform/database/transactions.js';
import { type CodeTable, FAILURES } from '../../../platform/otp/codes.repository.js';
import { deriveKey } from '../../../platform/security/secret-box.js';
import type { ChallengedIdentity } from './otp.repository.js';

/** Whose code it is, and who has asked for it. */
export interface SignInCodeHolder {
  readonly id: number;
  readonly isKnown: boolean;
  readonly identity: ChallengedIdentity;
}

export const SIGN_IN_CODES: CodeTable = { name: 'sign_in_code', live: 'true' };

/** SQL condition: codes for this asker are not off for good. Strangers are counted together, on the identity. */
const IS_ON = `c.otp_failures < ${FAILURES} AND (c.is_known OR i.otp_failures < ${FAILURES})`;

/** The codes to sign in with: one row for each identity and asker. */
@Injectable()
export class SignInCodesRepository {
  private readonly secret: Buffer;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    secrets: Secrets,
  ) {
    this.secret = deriveKey(secrets.APP_SECRET, 'sign-in-code');
  }

  /** Whether a code could be used by who asks. */
  async isOpenTo(identityId: number, by: Causer): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM user_identity i
       LEFT JOIN sign_in_code c ON c.identity_id = i.id AND c.asker = $2
       WHERE i.id = $1 AND coalesce(c.otp_failures, 0) < ${FAILURES} AND ($3 OR i.otp_failures < ${FAILURES})
         AND (c.otp_locked_until IS NULL OR c.otp_locked_until <= now())`,
      [identityId, this.keyOf(by), 'device' in by],
    );
    return rows.length > 0;
  }

  /** The row of who asks. A new one holds no code that was asked for before the codes of the identity were voided. */
  async holderFor(identityId: number, by: Causer): Promise<number> {
    const rows = await this.dataSource.query<{ id: number }[]>(
      `INSERT INTO sign_in_code (identity_id, asker, is_known, otp_generated_at)
       SELECT id, $2, $3, otp_generated_at FROM user_identity WHERE id = $1
       ON CONFLICT (identity_id, asker) DO UPDATE SET is_known = excluded.is_known RETURNING id`,
      [identityId, this.keyOf(by), 'device' in by],
    );
    return rows[0]?.id ?? 0;
  }

  async findByChallenge(challenge: string): Promise<SignInCodeHolder | null> {
    const rows = await this.dataSource.query<(ChallengedIdentity & { codeId: number; isKnown: boolean })[]>(
      `SELECT c.id AS "codeId", c.is_known AS "isKnown", i.id, i.user_id AS "userId", i.type, i.value
       FROM sign_in_code c JOIN user_identity i ON i.id = c.identity_id
       WHERE c.otp_challenge = $1 AND i.deleted_at IS NULL AND ${IS_ON}`,
      [challenge],
    );
    if (!rows[0]) return null;
    const { codeId, isKnown, ...identity } = rows[0];
    return { id: codeId, isKnown, identity };
  }

  /**
   * Counts a guess of a stranger before it is made, over all strangers: false when there were too many in a row. Under the
   * row lock of the identity, so that of many at once no more get through than are left.
   */
  async countGuess(tx: Transaction, identityId: number): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE user_identity SET otp_failures = otp_failures + 1 WHERE id = $1 AND otp_failures < ${FAILURES} RETURNING 1`,
      [identityId],
    );
    return rows.length > 0;
  }

  /** There was nothing to compare the guess with. */
  async giveBackGuess(tx: Transaction, identityId: number): Promise<void> {
    await tx.query('UPDATE user_identity SET otp_failures = greatest(otp_failures - 1, 0) WHERE id = $1', [
      identityId,
    ]);
  }

  /** A stranger was the owner after all. */
  async forgetGuesses(tx: Transaction, identityId: number): Promise<void> {
    await tx.query('UPDATE user_identity SET otp_failures = 0 WHERE id = $1', [identityId]);
  }

  /** Removes some that have held no code for so many seconds. Answers how many. */
  async removeOld(olderThanSeconds: number, batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM sign_in_code WHERE id = ANY (ARRAY(
         SELECT id FROM sign_in_code WHERE created_at < now() - make_interval(secs => $1)
           AND (otp_generated_at IS NULL OR otp_generated_at < now() - make_interval(secs => $1))
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [olderThanSeconds, batch],
    );
    return removed.length;
  }

  private keyOf(by: Causer): Buffer {
    return createHmac('sha256', this.secret).update(JSON.stringify(by)).digest();
  }
}
