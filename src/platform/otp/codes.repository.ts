import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { OtpConfig } from './otp.config.js';
import type { Transaction } from '../database/transactions.js';

/** Wrong codes that lock. */
const TRIES = 3;
/** Wrong codes in a row, over all locks, after which codes are off until the holder is proved in another way. */
export const FAILURES = 100;

/** A table whose rows can hold a code, in columns of the names below. Its owner says so. */
export interface CodeTable {
  readonly name: string;
  /** SQL: which of its rows count. */
  readonly live: string;
}

export interface CodeHolder {
  readonly table: CodeTable;
  readonly id: number;
}

interface StoredCode extends CodeHolder {
  readonly challenge: string;
  readonly purpose: string;
  readonly mac: string;
}

/** The condition under which a code is compared: its parameters are id, challenge, purpose and lifetime in seconds. */
const openAt = ({
  table,
}: CodeHolder) => `id = $1 AND otp_challenge = $2 AND otp_purpose = $3 AND ${table.live}
  AND otp_code IS NOT NULL AND otp_generated_at > now() - make_interval(secs => $4)
  AND wrong_otp_count < ${TRIES} AND otp_failures < ${FAILURES}
  AND (otp_locked_until IS NULL OR otp_locked_until <= now())`;

/** `refused`: nothing was compared; unknown, used, out of date, for something else, or locked. */
export type Verdict = 'right' | 'wrong' | 'locks' | 'refused';

/** The two statements on the columns of a one-time code. */
@Injectable()
export class CodesRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly otp: OtpConfig,
  ) {}

  /**
   * Puts a code in place of the last one. Wrong tries are forgotten only when a lock has run out. False when the row is
   * gone or locked, or has the code of a later request.
   */
  async store(tx: Transaction, code: StoredCode & { readonly requestedAt: string }): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE ${code.table.name} SET otp_code = $4, otp_challenge = $2, otp_purpose = $3, otp_generated_at = now(),
         wrong_otp_count = CASE WHEN otp_locked_until IS NULL THEN wrong_otp_count ELSE 0 END, otp_locked_until = NULL
       WHERE id = $1 AND ${code.table.live} AND (otp_locked_until IS NULL OR otp_locked_until <= now())
         AND otp_failures < ${FAILURES} AND (otp_generated_at IS NULL OR otp_challenge = $2 OR otp_generated_at <= $5)
       RETURNING id`,
      [code.id, code.challenge, code.purpose, code.mac, code.requestedAt],
    );
    return rows.length > 0;
  }

  /** Whether a try would be compared at this moment; nothing is counted. */
  async isOpen(code: Omit<StoredCode, 'mac'>): Promise<boolean> {
    const { ttl } = this.otp;
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM ${code.table.name} WHERE ${openAt(code)}`,
      [code.id, code.challenge, code.purpose, ttl],
    );
    return rows.length > 0;
  }

  /**
   * One statement: of many tries at once no more than the limit are compared, and of many right ones one is. Equality of
   * MACs tells nothing about the code, however long the comparison takes.
   */
  async verify(tx: Transaction, code: StoredCode): Promise<Verdict> {
    const { ttl, lock } = this.otp;
    const [row] = await tx.query<{ isRight: boolean; isLocked: boolean }>(
      `UPDATE ${code.table.name} SET
         wrong_otp_count = CASE WHEN otp_code = $5 THEN 0 ELSE wrong_otp_count + 1 END,
         otp_failures = CASE WHEN otp_code = $5 THEN 0 ELSE otp_failures + 1 END,
         otp_locked_until = CASE WHEN otp_code <> $5 AND wrong_otp_count + 1 >= ${TRIES}
           THEN now() + make_interval(secs => $6) END,
         otp_code = CASE WHEN otp_code = $5 THEN NULL ELSE otp_code END
       WHERE ${openAt(code)}
       RETURNING otp_code IS NULL AS "isRight", otp_locked_until IS NOT NULL AS "isLocked"`,
      [code.id, code.challenge, code.purpose, ttl, code.mac, lock],
    );
    if (!row) return 'refused';
    if (row.isRight) return 'right';
    return row.isLocked ? 'locks' : 'wrong';
  }
}
