import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditLog, type AuditRecord } from '../audit/audit-log.js';
import { CommitAnd, SYSTEM, type Transaction, Transactions } from '../database/transactions.js';
import { ThrottleRepository, type ThrottleRule } from '../throttle/throttle.repository.js';
import { type CodeOf, CodesRepository, type CodeTable, type Verdict } from './codes.repository.js';
import { lockedByCode } from '../metrics/lockouts.js';
import { InvalidCode } from './otp.errors.js';
import { codesChecked } from './otp.metrics.js';

/** Over all challenges of one subject: a new code does not reset what was guessed before. */
const PER_SUBJECT: ThrottleRule = { name: 'otp', limit: 10, window: 3600, lock: 3600 };
/** What is refused is answered no sooner: a wrong code is a row more to write than an unknown one. Milliseconds. */
const REFUSED_AFTER = 25;
/** No row has this id: what is unknown is compared with the code of nobody. */
export const NOBODY = 0;

/** What a code is presented for. An unknown challenge is about nobody; it takes the same way, and so the same time. */
export interface Challenged<Holder> {
  readonly of: CodeOf;
  /** Who is proved by it. Null: nobody. */
  readonly holder: Holder | null;
  /** What guesses are counted against, over all challenges. */
  readonly subject: string;
  /** Whose failure it is, where that is known. */
  readonly owner?: AuditRecord['subject'];
  readonly gate?: Gate;
  /** An error of what the code is good for that is answered as a wrong code, being no news for who presents it. */
  readonly refusedBy?: new (...args: never[]) => Error;
}

/** What else guesses are held to, and counted by. */
export interface Gate {
  /** Whether the guess may be compared; counts it. Asked for every guess, whatever is known of it already. */
  admit(tx: Transaction, mayBeRight: boolean): Promise<boolean>;
  /** What came of one that was admitted. */
  settle?(tx: Transaction, verdict: Verdict): Promise<void>;
}

/**
 * Proves by one-time codes. Whatever is wrong with a code: it is counted before it is compared, by its subject and by the
 * row that holds it, both whatever becomes of the request; it takes the same statements; it is answered alike, and no
 * sooner.
 */
@Injectable()
export class CodeProof {
  constructor(
    private readonly codes: CodesRepository,
    private readonly throttle: ThrottleRepository,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Counts, compares and uses the code up, and does in the same transaction what it is good for. The challenge is looked
   * up while the time runs. @throws InvalidCode
   */
  async prove<Holder, T>(
    challenged: Challenged<Holder> | Promise<Challenged<Holder>>,
    code: string,
    then: (tx: Transaction, holder: Holder) => Promise<T>,
  ): Promise<T> {
    const refusedAt = performance.now() + REFUSED_AFTER;
    try {
      return await this.guess(await challenged, code, then);
    } catch (error) {
      if (error instanceof InvalidCode) await delay(Math.max(0, refusedAt - performance.now()));
      throw error;
    }
  }

  /** Forgets what was guessed. */
  forget(tx: Transaction, table: CodeTable, subject: string): Promise<void> {
    return this.throttle.forgetIn(tx, PER_SUBJECT, keyOf(table, subject));
  }

  private async guess<Holder, T>(
    challenged: Challenged<Holder>,
    code: string,
    then: (tx: Transaction, holder: Holder) => Promise<T>,
  ): Promise<T> {
    const { holder, subject, refusedBy } = challenged;
    const mayBeRight = await this.begin(challenged);
    const result = await this.transactions
      .run(SYSTEM, async (tx) => {
        const verdict = await this.compare(tx, challenged, mayBeRight, code);
        codesChecked.inc({ purpose: challenged.of.purpose, result: verdict });
        if (verdict === 'locks') lockedByCode.inc();
        if (holder && verdict === 'right') return then(tx, holder);
        await this.recordFailure(tx, challenged, verdict);
        throw new CommitAnd(new InvalidCode());
      })
      .catch(async (error: unknown) => {
        if (!refusedBy || !(error instanceof refusedBy)) throw error;
        await this.transactions.run(SYSTEM, (tx) => this.recordFailure(tx, challenged, 'refused'));
        throw new InvalidCode();
      });
    await this.throttle.forget(PER_SUBJECT, keyOf(challenged.of.table, subject));
    return result;
  }

  /**
   * Counts a guess before it is made, outside its transaction. Answers whether it may be compared. Where there is no code to
   * compare with, it counts against its challenge, and never against the subject, which would be paused for others.
   */
  private async begin<Holder>({ of, subject }: Challenged<Holder>): Promise<boolean> {
    const isOpen = await this.codes.isOpen(of);
    const isAllowed = await this.throttle.reserve(
      PER_SUBJECT,
      isOpen ? keyOf(of.table, subject) : of.challenge,
    );
    return isOpen && isAllowed;
  }

  /** What is refused in any case takes the same way, and so the same time, with the code of nobody. */
  private async compare<Holder>(
    tx: Transaction,
    { of, gate }: Challenged<Holder>,
    mayBeRight: boolean,
    code: string,
  ): Promise<Verdict> {
    const isAdmitted = gate ? await gate.admit(tx, mayBeRight) : mayBeRight;
    const verdict = await this.codes.compare(tx, isAdmitted ? of : { ...of, id: NOBODY }, code);
    if (isAdmitted) await gate?.settle?.(tx, verdict);
    return verdict;
  }

  private recordFailure<Holder>(
    tx: Transaction,
    { of, owner }: Challenged<Holder>,
    verdict: Verdict,
  ): Promise<void> {
    return this.audit.record(tx, {
      actor: SYSTEM,
      action: verdict === 'locks' ? 'otp.locked' : 'otp.failed',
      outcome: 'failure',
      subject: owner,
      details: { purpose: of.purpose },
    });
  }
}

/** Apart by table: what a stranger guesses in one does not pause what the owner proves by another. */
const keyOf = (table: CodeTable, subject: string) => `${table.name}\0${subject}`;
