import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ContactMessagesService } from '../../../messages/contact-messages.service.js';
import { SendBudgetService } from '../../../messages/send-budget.service.js';
import type { Transaction } from '../../../platform/database/transactions.js';
import { defineJob } from '../../../platform/jobs/job.js';
import { Jobs } from '../../../platform/jobs/jobs.js';
import { MESSAGES } from '../../../platform/jobs/queues.js';
import { IdentitiesRepository } from '../identities.repository.js';

interface WelcomeTo {
  readonly userId: number;
}

export const SEND_WELCOME = defineJob<WelcomeTo>('identities.send_welcome', MESSAGES);

/** Says hello to new users. */
@Injectable()
export class WelcomeMail implements OnModuleInit {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly messages: ContactMessagesService,
    private readonly budget: SendBudgetService,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_WELCOME, ({ userId }, { id }) => this.send(userId, id));
  }

  /** Has the user welcomed once `tx` has committed, by a worker of the service. */
  queue(tx: Transaction, userId: number): Promise<void> {
    return this.jobs.enqueue(tx, SEND_WELCOME, { userId });
  }

  private async send(userId: number, jobId: string): Promise<void> {
    const newcomer = await this.identities.findNewcomer(userId);
    // Deleted again, or without a contact.
    if (!newcomer) return;
    const { language, firstName } = newcomer;
    const charge = { use: 'notice', by: { user: userId, part: 'welcome' } } as const;
    if (!(await this.budget.take(newcomer, jobId, charge))) return;
    await this.messages.send(newcomer, language, { kind: 'welcome', firstName }, jobId);
  }
}
