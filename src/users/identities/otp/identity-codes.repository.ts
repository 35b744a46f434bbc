import { createHmac } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Contact } from '../../../messages/contact.js';
import type { Causer } from '../../../messages/send-budget.service.js';
import { Secrets } from '../../../platform/config/secrets.config.js';
import type { Transaction } from '../../../platform/database/transactions.js';
import { Jobs } from '../../../platform/jobs/jobs.js';
import { type CodeTable, FAILURES } from '../../../platform/otp/codes.repository.js';
import { deriveKey } from '../../../platform/security/secret-box.js';

export interface ChallengedIdentity extends Contact {
  readonly id: number;
  readonly userId: number;
}

export interface CodeRecipient extends ChallengedIdentity {
  readonly language: string;
}

/** Whose code it is, and who has asked for it. */
export interface SignInCodeHolder {
  readonly id: number;
  readonly isKnown: boolean;
  readonly identity: ChallengedIdentity;
}

/** The codes that prove a contact. */
export const IDENTITY_CODES: CodeTable = { name: 'user_identity', live: 'deleted_at IS NULL' };
/** The codes to sign in with. */
export const SIGN_IN_CODES: CodeTable = { name: 'sign_in_code', live: 'true' };

const CLEAN_UP_EVERY = 60 * 60_000;
/** Seconds without a code after which what an asker has guessed is forgotten. */
const KEEP_SIGN_INS = 30 * 86_400;

const COLUMNS = 'i.id, i.user_id AS "userId", i.type, i.value';
const RECIPIENT = `SELECT ${COLUMNS}, u.language FROM user_identity i
  JOIN "user" u ON u.id = i.user_id AND u.is_active AND u.deleted_at IS NULL
  WHERE i.type <> 'oauth' AND i.deleted_at IS NULL`;
/** SQL condition: codes for this asker are not off for good. Strangers are counted together, on the identity. */
const IS_ON = `c.otp_failures < ${FAILURES} AND (c.is_known OR i.otp_failures < ${FAILURES})`;

/**
 * The codes of identities: those that prove a contact, on its own row, and those to sign in with, one row for each identity
 * and asker.
 */
@Injectable()
export class IdentityCodesRepository implements OnModuleInit {
  private readonly secret: Buffer;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: Jobs,
    secrets: Secrets,
  ) {
    this.secret = deriveKey(secrets.APP_SECRET, 'sign-in-code');
  }

  onModuleInit(): void {
    this.jobs.drain({
      name: 'identities.clean_up_sign_in_codes',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.removeOldSignIns(batch),
    });
  }

  /** To sign in: by a verified contact of somebody who may. */
  async findForSignIn({ type, value }: Contact): Promise<CodeRecipient | null> {
    const rows = await this.dataSource.query<CodeRecipient[]>(
      `${RECIPIENT} AND i.is_verified AND i.type = $1 AND i.value = $2`,
      [type, value],
    );
    return rows[0] ?? null;
  }

  /** To prove a contact that has not been proved yet. Nobody gets a code that could not be used. */
  async findForProof(identityId: number): Promise<CodeRecipient | null> {
    const rows = await this.dataSource.query<CodeRecipient[]>(
      `${RECIPIENT} AND NOT i.is_verified AND i.id = $1
         AND i.otp_failures < ${FAILURES} AND (i.otp_locked_until IS NULL OR i.otp_locked_until <= now())`,
      [identityId],
    );
    return rows[0] ?? null;
  }

  async findProof(challenge: string): Promise<ChallengedIdentity | null> {
    const rows = await this.dataSource.query<ChallengedIdentity[]>(
      `SELECT ${COLUMNS} FROM user_identity i WHERE i.otp_challenge = $1 AND i.deleted_at IS NULL`,
      [challenge],
    );
    return rows[0] ?? null;
  }

  /** Ends locks for wrong codes, and what switched codes off. */
  async unlock(tx: Transaction, identityIds: readonly number[]): Promise<void> {
    const fresh = 'SET wrong_otp_count = 0, otp_locked_until = NULL, otp_failures = 0';
    await tx.query(`UPDATE user_identity ${fresh} WHERE id = ANY($1::int[])`, [identityIds]);
    await tx.query(`UPDATE sign_in_code ${fresh} WHERE identity_id = ANY($1::int[])`, [identityIds]);
  }

  /** Whoever changes the contacts of a user does so under this lock. False when the user may not act. */
  async lockUser(tx: Transaction, userId: number): Promise<boolean> {
    const rows = await tx.query(
      'SELECT id FROM "user" WHERE id = $1 AND is_active AND deleted_at IS NULL FOR NO KEY UPDATE',
      [userId],
    );
    return rows.length > 0;
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

  async findSignIn(challenge: string): Promise<SignInCodeHolder | null> {
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

  /** Removes some codes to sign in with whose rows have held no code for long. Answers how many. */
  private async removeOldSignIns(batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM sign_in_code WHERE id = ANY (ARRAY(
         SELECT id FROM sign_in_code WHERE created_at < now() - make_interval(secs => $1)
           AND (otp_generated_at IS NULL OR otp_generated_at < now() - make_interval(secs => $1))
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [KEEP_SIGN_INS, batch],
    );
    return removed.length;
  }

  private keyOf(by: Causer): Buffer {
    return createHmac('sha256', this.secret).update(JSON.stringify(by)).digest();
  }
}
