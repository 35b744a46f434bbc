import { createHmac } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AuditLog } from '../platform/audit/audit-log.js';
import { Config } from '../platform/config/config.js';
import { type Transaction, SYSTEM, Transactions } from '../platform/database/transactions.js';
import { untilDone } from '../platform/database/until-done.js';
import { defineJob } from '../platform/jobs/job.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { deriveKey } from '../platform/security/secret-box.js';
import type { ContactType } from './identity.entity.js';
import { type BudgetLimits, SendBudgetRepository } from './send-budget.repository.js';

/** Where a message goes, in canonical form. */
export interface Destination {
  readonly type: ContactType;
  readonly value: string;
}

/** What people ask for, and notices of locks: a stranger sets these off, and must not spend with them the way to recover. */
export type BudgetUse = 'codes and links' | 'lock notices';

const PER_HOUR = 5;
const PER_DAY = 10;
const LOCK_NOTICES: BudgetLimits = { spacing: 0, perHour: 1, perDay: 3 };
const UNLIMITED = 2_147_483_647;
const CLEAN_UP = defineJob<object>('identities.clean_up_send_budgets', 'maintenance');
const EVERY = 5 * 60_000;
const ROWS_AT_ONCE = 1_000;

/** The limit for everybody together is reached; what the destination was charged is taken back. */
class AllSpent extends Error {}

/**
 * How much is sent to one destination, over everything that strangers can have sent: nobody is flooded by what others
 * ask for in their name, and nobody runs up a bill.
 */
@Injectable()
export class SendBudget implements OnModuleInit {
  private readonly logger = new Logger('Messages');
  private readonly secret: Buffer;
  private readonly limits: Readonly<Record<BudgetUse, BudgetLimits>>;
  private readonly smsLimits: BudgetLimits;

  constructor(
    private readonly budgets: SendBudgetRepository,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    config: Config,
  ) {
    this.secret = deriveKey(config.secrets.APP_SECRET, 'send-budget');
    this.limits = {
      'codes and links': { spacing: config.otp.resend, perHour: PER_HOUR, perDay: PER_DAY },
      'lock notices': LOCK_NOTICES,
    };
    this.smsLimits = { spacing: 0, perHour: config.otp.smsHourlyLimit, perDay: UNLIMITED };
  }

  onModuleInit(): void {
    this.jobs.every(EVERY, CLEAN_UP, () => untilDone(ROWS_AT_ONCE, (batch) => this.budgets.removeOld(batch)));
  }

  /**
   * Takes one message from the budget, committed before it is sent. False when it is spent: send nothing and do not try
   * again. `ref` is the id of the job: its next tries get the same message again.
   */
  async take(destination: Destination, ref: string, use: BudgetUse = 'codes and links'): Promise<boolean> {
    const isTaken = await this.transactions
      .run(SYSTEM, (tx) => this.takeIn(tx, destination, ref, use))
      .catch((error: unknown) => {
        if (error instanceof AllSpent) return false;
        throw error;
      });
    if (!isTaken) {
      const where = destination.type === 'mobile' ? 'mobile, or of all text messages,' : 'address';
      this.logger.log(`Nothing is sent by ${ref}: the budget of ${use} to this ${where} is spent`);
      await this.transactions.run(SYSTEM, (tx) =>
        this.audit.record(tx, {
          actor: SYSTEM,
          action: 'message.over_budget',
          outcome: 'failure',
          // Tells the destinations apart without naming them.
          subject: { type: destination.type, id: this.keyOf(destination).toString('hex').slice(0, 16) },
        }),
      );
    }
    return isTaken;
  }

  /** The destination was proved by a code or link: the next message need not wait. Hour and day go on counting. */
  async clearSpacing(tx: Transaction, destination: Destination): Promise<void> {
    await this.budgets.clearSpacing(tx, this.keyOf(destination));
  }

  private async takeIn(
    tx: Transaction,
    destination: Destination,
    ref: string,
    use: BudgetUse,
  ): Promise<boolean> {
    const taken = await this.budgets.take(tx, this.keyOf(destination, use), ref, this.limits[use]);
    if (!taken || taken.isRepeat || destination.type !== 'mobile') return taken !== null;
    // One row for all text messages, last in the transaction: it is locked for a moment only.
    if (!(await this.budgets.take(tx, this.digest('sms'), ref, this.smsLimits))) throw new AllSpent();
    return true;
  }

  private keyOf({ type, value }: Destination, use: BudgetUse = 'codes and links'): Buffer {
    return this.digest(use === 'codes and links' ? `${type}\0${value}` : `${use}\0${type}\0${value}`);
  }

  private digest(text: string): Buffer {
    return createHmac('sha256', this.secret).update(text).digest();
  }
}
