import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Secrets } from '../config/secrets.config.js';
import type { Transaction } from '../database/transactions.js';
import { deriveKey } from '../security/secret-box.js';
import { OtpConfig } from './otp.config.js';

/** base64url characters of the MAC that are stored: 60 bits, of which a code has 20. */
const MAC_LENGTH = 10;
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

/** What a code was issued for. It is good for nothing else. */
export interface CodeOf {
  readonly table: CodeTable;
  readonly id: number;
  /** Random, told to nobody but who asked for the code. */
  readonly challenge: string;
  readonly purpose: string;
}

/** The condition under which a code is compared: its parameters are id, challenge, purpose and lifetime in seconds. */
const openAt = ({ table }: CodeOf) => `id = $1 AND otp_challenge = $2 AND otp_purpose = $3 AND ${table.live}
  AND otp_code IS NOT NULL AND otp_generated_at > now() - make_interval(secs => $4)
  AND wrong_otp_count < ${TRIES} AND otp_failures < ${FAILURES}
  AND (otp_locked_until IS NULL OR otp_locked_until <= now())`;

/** `refused`: nothing was compared; unknown, used, out of date, for something else, or locked. */
export type Verdict = 'right' | 'wrong' | 'locks' | 'refused';

/**
 * The statements on the columns of a one-time code, which is kept as a MAC over holder, challenge, purpose and code.
 */
@Injectable()
export class CodesRepository {
  private readonly key: Buffer;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly otp: OtpConfig,
    secrets: Secrets,
  ) {
    this.key = deriveKey(secrets.APP_SECRET, 'otp');
  }

  /**
   * Puts a code in place of the last one. Wrong tries are forgotten only when a lock has run out. False when the row is
   * gone or locked, or has the code of a later request.
   */
  async store(tx: Transaction, of: CodeOf, code: string, requestedAt: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE ${of.table.name} SET otp_code = $4, otp_challenge = $2, otp_purpose = $3, otp_generated_at = now(),
         wrong_otp_count = CASE WHEN otp_locked_until IS NULL THEN wrong_otp_count ELSE 0 END, otp_locked_until = NULL
       WHERE id = $1 AND ${of.table.live} AND (otp_locked_until IS NULL OR otp_locked_until <= now())
         AND otp_failures < ${FAILURES} AND (otp_generated_at IS NULL OR otp_challenge = $2 OR otp_generated_at <= $5)
       RETURNING id`,
      [of.id, of.challenge, of.purpose, this.macOf(of, code), requestedAt],
    );
    return rows.length > 0;
  }

  /** Whether a try would be compared at this moment; nothing is counted. */
  async isOpen(of: CodeOf): Promise<boolean> {
    const { ttl } = this.otp;
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM ${of.table.name} WHERE ${openAt(of)}`,
      [of.id, of.challenge, of.purpose, ttl],
    );
    return rows.length > 0;
  }

  /**
   * Counts, compares and uses the code up in one statement: of many tries at once no more than the limit are compared, and
   * of many right ones one is. Equality of MACs tells nothing about the code, however long the comparison takes.
   */
  async compare(tx: Transaction, of: CodeOf, code: string): Promise<Verdict> {
    const { ttl, lock } = this.otp;
    const [row] = await tx.query<{ isRight: boolean; isLocked: boolean }>(
      `UPDATE ${of.table.name} SET
         wrong_otp_count = CASE WHEN otp_code = $5 THEN 0 ELSE wrong_otp_count + 1 END,
         otp_failures = CASE WHEN otp_code = $5 THEN 0 ELSE otp_failures + 1 END,
         otp_locked_until = CASE WHEN otp_code <> $5 AND wrong_otp_count + 1 >= ${TRIES}
           THEN now() + make_interval(secs => $6) END,
         otp_code = CASE WHEN otp_code = $5 THEN NULL ELSE otp_code END
       WHERE ${openAt(of)}
       RETURNING otp_code IS NULL AS "isRight", otp_locked_until IS NOT NULL AS "isLocked"`,
      [of.id, of.challenge, of.purpose, ttl, this.macOf(of, code), lock],
    );
    if (!row) return 'refused';
    if (row.isRight) return 'right';
    return row.isLocked ? 'locks' : 'wrong';
  }

  private macOf({ table, id, challenge, purpose }: CodeOf, code: string): string {
    return createHmac('sha256', this.key)
      .update([table.name, id, challenge, purpose, code].join('\0'))
      .digest('base64url')
      .slice(0, MAC_LENGTH);
  }
}
