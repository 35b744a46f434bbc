import { createHmac, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { OtpConfig } from './otp.config.js';
import { Secrets } from '../config/secrets.config.js';
import { SYSTEM, type Transaction, Transactions } from '../database/transactions.js';
import { deriveKey } from '../security/secret-box.js';
import { ThrottleRepository, type ThrottleRule } from '../throttle/throttle.repository.js';
import { Challenges } from './challenges.js';
import { type CodeHolder, CodesRepository, type CodeTable, type Verdict } from './codes.repository.js';

const DIGITS = 6;
/** base64url characters of the MAC that are stored: 60 bits, of which a code has 20. */
const MAC_LENGTH = 10;
/** Over all challenges of one subject: a new code does not reset what was guessed before. */
const PER_SUBJECT: ThrottleRule = { name: 'otp', limit: 10, window: 3600, lock: 3600 };

/** What a code was issued for. It is good for nothing else. */
export interface CodeOf extends CodeHolder {
  /** Random, told to nobody but who asked for the code. */
  readonly challenge: string;
  readonly purpose: string;
}

/** An attempt that has been counted. */
export interface CodeAttempt {
  readonly of: CodeOf;
  readonly mayBeRight: boolean;
}

/** No row has this id. */
const NOBODY = 0;

/**
 * One-time codes of six digits. Kept as a MAC over holder, challenge, purpose and code, valid for OTP_TTL by the
 * database's clock, locked by three wrong ones, counted before they are compared.
 */
@Injectable()
export class OneTimeCodes {
  /** How long a code is good for, as people are told. */
  readonly minutes: number;
  private readonly key: Buffer;

  constructor(
    private readonly codes: CodesRepository,
    private readonly throttle: ThrottleRepository,
    private readonly transactions: Transactions,
    private readonly challenges: Challenges,
    otp: OtpConfig,
    secrets: Secrets,
  ) {
    this.minutes = Math.floor(otp.ttl / 60);
    this.key = deriveKey(secrets.APP_SECRET, 'otp');
  }

  /** What a code is asked for and presented with. */
  newChallenge(): string {
    return this.challenges.issue();
  }

  /**
   * Makes a code, which replaces the one before it. `requestedAt`: a code that was asked for later is not replaced.
   * Null when the holder is gone, locked or has a later code.
   */
  async issue(of: CodeOf, requestedAt: string): Promise<string | null> {
    const code = randomCode();
    const stored = { ...of, mac: this.macOf(of, code), requestedAt };
    return (await this.transactions.run(SYSTEM, (tx) => this.codes.store(tx, stored))) ? code : null;
  }

  /**
   * Counts an attempt before it is made, outside its transaction, which may be rolled back. `subject`: what tries at all
   * challenges of one kind count against. Where there is no code to compare with, it counts against its challenge, and
   * never against the subject, which would be paused for others.
   */
  async begin(of: CodeOf, subject: string): Promise<CodeAttempt> {
    const isOpen = await this.codes.isOpen(of);
    const isAllowed = await this.throttle.reserve(
      PER_SUBJECT,
      isOpen ? subjectOf(of, subject) : of.challenge,
    );
    return { of, mayBeRight: isOpen && isAllowed };
  }

  /**
   * Counts, compares and uses up in one statement. The count is kept only if `tx` commits: do not throw on `wrong`. What
   * is refused in any case takes the same way, and so the same time, with the code of nobody.
   */
  verify(tx: Transaction, { of, mayBeRight }: CodeAttempt, code: string): Promise<Verdict> {
    return this.codes.verify(tx, { ...of, id: mayBeRight ? of.id : NOBODY, mac: this.macOf(of, code) });
  }

  /** The subject was proved. */
  succeeded({ of }: CodeAttempt, subject: string): Promise<void> {
    return this.throttle.forget(PER_SUBJECT, subjectOf(of, subject));
  }

  /** Forgets what was guessed, within a transaction. */
  forget(tx: Transaction, table: CodeTable, subject: string): Promise<void> {
    return this.throttle.forgetIn(tx, PER_SUBJECT, subjectOf({ table }, subject));
  }

  private macOf({ table, id, challenge, purpose }: CodeOf, code: string): string {
    return createHmac('sha256', this.key)
      .update([table.name, id, challenge, purpose, code].join('\0'))
      .digest('base64url')
      .slice(0, MAC_LENGTH);
  }
}

/** Apart by table: what a stranger guesses in one does not pause what the owner proves by another. */
const subjectOf = ({ table }: Pick<CodeOf, 'table'>, subject: string) => `${table.name}\0${subject}`;

/** Uniform, leading zeros kept. */
export function randomCode(): string {
  return String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
}
