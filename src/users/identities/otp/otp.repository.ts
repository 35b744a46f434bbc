import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Contact } from '../../../messages/contact.js';
import type { Transaction } from '../../../platform/database/transactions.js';
import { type CodeTable, FAILURES } from '../../../platform/otp/codes.repository.js';

export interface ChallengedIdentity extends Contact {
  readonly id: number;
  readonly userId: number;
}

export interface CodeRecipient extends ChallengedIdentity {
  readonly language: string;
}

/** The codes that prove a contact. */
export const IDENTITY_CODES: CodeTable = { name: 'user_identity', live: 'deleted_at IS NULL' };

const COLUMNS = 'i.id, i.user_id AS "userId", i.type, i.value';
const RECIPIENT = `SELECT ${COLUMNS}, u.language FROM user_identity i
  JOIN "user" u ON u.id = i.user_id AND u.is_active AND u.deleted_at IS NULL
  WHERE i.type <> 'oauth' AND i.deleted_at IS NULL`;

@Injectable()
export class OtpRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

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

  async findByChallenge(challenge: string): Promise<ChallengedIdentity | null> {
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
}
