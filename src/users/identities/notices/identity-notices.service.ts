import { Injectable, type OnModuleInit } from '@nestjs/common';
import { maskContact } from '../../../common/contact-mask.js';
import { ContactMessagesService } from '../../../messages/contact-messages.service.js';
import type { Notice } from '../../../messages/message.js';
import { type Charge, SendBudgetService } from '../../../messages/send-budget.service.js';
import { SYSTEM, type Transaction, Transactions } from '../../../platform/database/transactions.js';
import { defineJob, HopelessJob } from '../../../platform/jobs/job.js';
import { Jobs } from '../../../platform/jobs/jobs.js';
import { EVENTS, MESSAGES } from '../../../platform/jobs/queues.js';
import { IdentitiesRepository } from '../identities.repository.js';
import { mergedNotice } from './merged-notice.js';
import { WaitingNoticesRepository } from './waiting-notices.repository.js';

interface NoticeTo {
  readonly identityId: number;
  readonly notice: Notice;
}

interface WaitingTo {
  readonly identityId: number;
  readonly kind: Notice['kind'];
}

export const SEND_NOTICE = defineJob<NoticeTo>('identities.send_notice', MESSAGES);
export const SEND_WAITING = defineJob<WaitingTo>('identities.send_waiting_notices', MESSAGES);
const ENQUEUE_WAITING = defineJob<object>('identities.enqueue_waiting_notices', EVENTS);
const LOOK_EVERY = 60_000;

/** By these somebody who has taken an account over would show: they go to every verified contact. */
const TO_ALL = new Set<Notice['kind']>([
  'password_changed',
  'account_linked',
  'account_unlinked',
  'identity_added',
  'identity_removed',
  'identity_changed',
]);

/** Counted for each kind: the first is sent at once, those that come soon after it are merged into one. */
function chargeOf(userId: number, kind: Notice['kind']): Charge {
  return { use: kind === 'account_locked' ? 'lock_notice' : 'notice', by: { user: userId, part: kind } };
}

/** Tells people what happened to their account. */
@Injectable()
export class IdentityNoticesService implements OnModuleInit {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly messages: ContactMessagesService,
    private readonly budget: SendBudgetService,
    private readonly waiting: WaitingNoticesRepository,
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_NOTICE, (payload, { id }) => this.send(payload, id));
    this.jobs.handle(SEND_WAITING, (payload, { id }) => this.sendWaiting(payload, id));
    this.jobs.every(LOOK_EVERY, ENQUEUE_WAITING, () => this.enqueueWaiting());
  }

  /**
   * Has the user told once `tx` has committed: on every verified contact if it is about who gets into the account, else
   * on the e-mail address before the mobile number. These are the contacts of this moment: called before a contact is
   * removed, the notice goes to that one as well. Each is a job of its own, so that one that fails repeats no other.
   * Does nothing for a user who cannot be written to.
   */
  async queue(tx: Transaction, userId: number, notice: Notice): Promise<void> {
    const masked = 'contact' in notice ? { ...notice, contact: maskContact(notice.contact) } : notice;
    for (const identityId of await this.recipients(tx, userId, notice.kind)) {
      await this.jobs.enqueue(tx, SEND_NOTICE, { identityId, notice: masked });
    }
  }

  private async recipients(tx: Transaction, userId: number, kind: Notice['kind']): Promise<number[]> {
    const verified = TO_ALL.has(kind) ? await this.identities.findVerified(tx, userId) : [];
    if (verified.length > 0) return verified;
    const reachable = await this.identities.findReachable(tx, userId);
    return reachable ? [reachable.id] : [];
  }

  private async send({ identityId, notice }: NoticeTo, jobId: string): Promise<void> {
    const recipient = await this.identities.findRecipient(identityId);
    // Gone with its user for good: there is nobody left to tell.
    if (!recipient) return;
    if (await this.budget.take(recipient, jobId, chargeOf(recipient.userId, notice.kind)))
      await this.messages.send(recipient, recipient.language, notice, jobId);
    // Of a lock nobody needs to hear when it is over; everything else waits.
    else if (notice.kind !== 'account_locked') await this.waiting.add(identityId, notice, jobId);
  }

  /** Has what waits sent, where it has waited long enough. */
  enqueueWaiting(): Promise<void> {
    return this.transactions.run(SYSTEM, async (tx) => {
      for (const due of await this.waiting.takeDue(tx)) await this.jobs.enqueue(tx, SEND_WAITING, due);
    });
  }

  /** Sends what waits as one, if there is a budget by now. */
  private async sendWaiting({ identityId, kind }: WaitingTo, jobId: string): Promise<void> {
    const recipient = await this.identities.findRecipient(identityId);
    const rows = await this.waiting.list(identityId, kind);
    const [first, ...rest] = rows.map(({ notice }) => notice);
    if (!recipient || !first) return;
    if (!(await this.budget.take(recipient, jobId, chargeOf(recipient.userId, kind)))) return;
    const done = () => this.waiting.remove(rows.map(({ id }) => id));
    try {
      await this.messages.send(recipient, recipient.language, mergedNotice([first, ...rest]), jobId);
    } catch (error) {
      if (error instanceof HopelessJob) await done();
      throw error;
    }
    await done();
  }
}
