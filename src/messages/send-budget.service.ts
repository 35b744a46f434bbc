import { createHmac, randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../platform/audit/audit-log.js';
import { Secrets } from '../platform/config/secrets.config.js';
import { MessagesConfig } from './messages.config.js';
import { type Transaction, SYSTEM, Transactions } from '../platform/database/transactions.js';
import { deriveKey } from '../platform/security/secret-box.js';
import {
  type BudgetLimits,
  type BudgetUse,
  deviceLimits,
  limitsOf,
  NOTICE_SPACING,
  UNLIMITED,
} from './budget-limits.js';
import type { Contact } from './contact.js';
import { mailboxOf } from './mailbox.js';
import { TooManyMessages } from './message.errors.js';
import { type BudgetRow, SendBudgetRepository } from './send-budget.repository.js';

export { NOTICE_SPACING };

/** Somebody who asks for a message without being signed in. */
export interface Asker {
  /** The address counted for many, see `networkOf`. */
  readonly network: string;
  /** A device that has signed in before, and as whom. */
  readonly device: { readonly id: string; readonly userId: number } | null;
}

/**
 * Who has a message sent: a stranger by their network, a device the owner has signed in on, or a user. `part`: what is
 * counted apart for this destination, else the causer.
 */
export type Causer =
  | { readonly network: string }
  | { readonly device: string }
  | { readonly user: number; readonly part?: string };

/** What a message is taken from. */
export interface Charge {
  readonly use: BudgetUse;
  readonly by: Causer;
}

/** What is sent to contacts nobody has proved may take this part of the text messages of an hour. */
const TEXTS_FOR_UNPROVED = 0.75;
const UNPROVED = new Set<BudgetUse>(['registration', 'proof']);

/** A budget is spent; what the others were charged is taken back with the transaction. */
class Spent extends Error {
  constructor(readonly row: BudgetRow) {
    super('a budget of messages is spent');
  }
}

/**
 * How much is sent: to one destination for each use, by one causer, and in text messages to everybody. Nobody is flooded
 * by what others ask for in their name, nobody runs up a bill, and nobody spends the way to recover of somebody else.
 */
@Injectable()
export class SendBudgetService {
  private readonly logger = new Logger('Messages');
  private readonly secret: Buffer;
  private readonly limits;

  constructor(
    private readonly budgets: SendBudgetRepository,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    secrets: Secrets,
    private readonly config: MessagesConfig,
  ) {
    this.secret = deriveKey(secrets.APP_SECRET, 'send-budget');
    this.limits = limitsOf(config.resend);
  }

  /** Who asks: as a device of this user where it is one, else as a stranger. */
  causerOf(asker: Asker | undefined, userId: number | null): Causer {
    const device = asker?.device;
    return device && device.userId === userId ? { device: device.id } : { network: asker?.network ?? '' };
  }

  /**
   * Takes one message from the budgets, committed before it is sent. False when one is spent: send nothing and do not try
   * again. `ref` is the id of the job: its next tries get the same message again.
   */
  async take(to: Contact, ref: string, charge: Charge): Promise<boolean> {
    const isTaken =
      (await this.tryTake(this.rowsOf(to, charge), ref)) ||
      (charge.use === 'recovery' && (await this.tryTake(this.keptFor(to), ref)));
    // Notices wait: nothing is lost.
    if (!isTaken && charge.use !== 'notice') await this.recordRefusal(to, ref, charge.use);
    return isTaken;
  }

  /** As {@link take}, within the request of somebody who may know; no job, which might come again. @throws TooManyMessages */
  async charge(tx: Transaction, to: Contact, charge: Charge): Promise<void> {
    const ref = randomUUID();
    const rows = this.rowsOf(to, charge);
    const taken = await tx.all(rows.map((row) => this.budgets.take(tx, row, ref)));
    const spent = rows.find((_, index) => !taken[index]);
    if (spent) throw TooManyMessages.after(await this.budgets.secondsLeft(tx, spent));
  }

  /** The destination was proved by a code or link: the next message need not wait. Hour and day go on counting. */
  async clearSpacing(tx: Transaction, to: Contact): Promise<void> {
    await this.budgets.clearSpacing(tx, this.digestOf(to));
  }

  /** Makes the budgets of these destinations whole: somebody with the right to do so says they were spent by others. */
  async clear(tx: Transaction, destinations: readonly Contact[]): Promise<void> {
    await this.budgets.clear(
      tx,
      destinations.map((to) => this.digestOf(to)),
    );
  }

  private async tryTake(rows: readonly BudgetRow[], ref: string): Promise<boolean> {
    try {
      await this.transactions.run(SYSTEM, (tx) => this.takeAll(tx, rows, ref));
      return true;
    } catch (error) {
      if (error instanceof Spent) return false;
      throw error;
    }
  }

  /** The narrowest count first, which knows the repeat of a job; the one for everybody last, locked for a moment only. */
  private async takeAll(tx: Transaction, rows: readonly BudgetRow[], ref: string): Promise<void> {
    for (const row of rows) {
      const taken = await this.budgets.take(tx, row, ref);
      if (!taken) throw new Spent(row);
      if (taken.isRepeat) return;
    }
  }

  private rowsOf(to: Contact, { use, by }: Charge): BudgetRow[] {
    const texts = this.textsFor(to, use);
    if ('device' in by) {
      const device = this.row(to, deviceLimits(this.config.resend), use, 'device', by.device);
      return [device, ...texts];
    }
    const { share, destination } = this.limits[use];
    const [kind, id] = 'network' in by ? ['network', by.network] : ['user', by.part ?? String(by.user)];
    const ofUser = 'user' in by ? [this.ofUser(by.user)] : [];
    return [this.row(to, share, use, kind, id), this.row(to, destination, use), ...ofUser, ...texts];
  }

  /**
   * Of recovery something is always left, whoever has spent the rest: one link whenever the last one of this kind has run
   * out. So the owner has a link that is good, or gets one.
   */
  private keptFor(to: Contact): BudgetRow[] {
    const spacing = this.config.recoveryTtl;
    const kept = this.row(to, { spacing, perHour: UNLIMITED, perDay: UNLIMITED }, 'recovery', 'kept');
    return [kept, ...this.textsFor(to, 'recovery')];
  }

  private ofUser(userId: number): BudgetRow {
    const limits = { spacing: 0, perHour: this.config.perUser, perDay: UNLIMITED };
    return { key: this.digest('user', String(userId)), destination: null, limits };
  }

  private textsFor({ type }: Contact, use: BudgetUse): BudgetRow[] {
    if (type !== 'mobile') return [];
    const { smsHourlyLimit } = this.config;
    const perHour = UNPROVED.has(use) ? Math.ceil(smsHourlyLimit * TEXTS_FOR_UNPROVED) : smsHourlyLimit;
    return [
      { key: this.digest('sms'), destination: null, limits: { spacing: 0, perHour, perDay: UNLIMITED } },
    ];
  }

  private row(to: Contact, limits: BudgetLimits, ...parts: string[]): BudgetRow {
    const destination = this.digestOf(to);
    return { key: this.digest(destination.toString('hex'), ...parts), destination, limits };
  }

  private digestOf(to: Contact): Buffer {
    return this.digest('destination', to.type, mailboxOf(to));
  }

  private digest(...parts: string[]): Buffer {
    return createHmac('sha256', this.secret).update(parts.join('\0')).digest();
  }

  private async recordRefusal(to: Contact, ref: string, use: BudgetUse): Promise<void> {
    const what = to.type === 'mobile' ? 'number, or of all text messages,' : 'address';
    this.logger.log(`Nothing is sent by ${ref}: the budget of ${use} for this ${what} is spent`);
    await this.transactions.run(SYSTEM, (tx) =>
      this.audit.record(tx, {
        actor: SYSTEM,
        action: 'message.over_budget',
        outcome: 'failure',
        // Tells the destinations apart without naming them.
        subject: { type: to.type, id: this.digestOf(to).toString('hex').slice(0, 16) },
        details: { use },
      }),
    );
  }
}
