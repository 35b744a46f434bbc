import { Injectable, type OnModuleInit } from '@nestjs/common';
import { maskContact } from '../../common/contact-mask.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { defineJob } from '../../platform/jobs/job.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { IdentitiesRepository } from '../identities.repository.js';
import { SendBudget } from '../send-budget.js';
import { ContactMessages } from './contact-messages.js';
import type { Notice } from './message.js';

interface NoticeTo {
  readonly identityId: number;
  readonly notice: Notice;
}

export const SEND_NOTICE = defineJob<NoticeTo>('identities.send_notice', 'messages');

/** By these somebody who has taken an account over would show: they go to every verified contact. */
const TO_ALL = new Set<Notice['kind']>([
  'password_changed',
  'account_linked',
  'account_unlinked',
  'identity_added',
  'identity_removed',
  'identity_changed',
]);

/** Tells people what happened to their account. */
@Injectable()
export class IdentityNotices implements OnModuleInit {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly messages: ContactMessages,
    private readonly budget: SendBudget,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_NOTICE, (payload, { id }) => this.send(payload, id));
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
    // The one notice that takes no more than a name to set off.
    if (notice.kind === 'account_locked' && !(await this.budget.take(recipient, jobId, 'lock notices')))
      return;
    await this.messages.send(recipient, recipient.language, notice, jobId);
  }
}
