import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SYSTEM, Transactions } from '../database/transactions.js';
import { type CodeOf, CodesRepository } from './codes.repository.js';
import { OtpConfig } from './otp.config.js';

const DIGITS = 6;

/** Makes one-time codes of six digits, each valid for OTP_TTL by the database's clock. */
@Injectable()
export class CodeIssuer {
  /** How long a code is good for, as people are told. */
  readonly minutes: number;

  constructor(
    private readonly codes: CodesRepository,
    private readonly transactions: Transactions,
    otp: OtpConfig,
  ) {
    this.minutes = Math.floor(otp.ttl / 60);
  }

  /**
   * Makes a code, which replaces the one before it. `requestedAt`: a code that was asked for later is not replaced.
   * Null when the holder is gone, locked or has a later code.
   */
  async issue(of: CodeOf, requestedAt: string): Promise<string | null> {
    const code = randomCode();
    const isStored = await this.transactions.run(SYSTEM, (tx) => this.codes.store(tx, of, code, requestedAt));
    return isStored ? code : null;
  }
}

/** Uniform, leading zeros kept. */
export function randomCode(): string {
  return String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
}
