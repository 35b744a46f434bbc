import { Injectable } from '@nestjs/common';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import type { RequestCookies } from '../../platform/http/cookies.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { MessageLimitService } from '../lockout/message-limit.service.js';
import { parseIdentifier } from '../sign-in/identifier.js';
import { SEND_RECOVERY } from './recovery.job.js';

/** Takes the requests of people who forgot their password. */
@Injectable()
export class PasswordRecoveryService {
  constructor(
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
    private readonly limit: MessageLimitService,
  ) {}

  /**
   * Looks nobody up: what is done here, and how long it takes, is the same whoever is meant. Nothing is sent for what is
   * no identifier by its form. @throws TooManyMessages
   */
  async request(text: string, cookies: RequestCookies): Promise<void> {
    const asker = await this.limit.begin(cookies);
    const identifier = parseIdentifier(text)?.value;
    if (identifier === undefined) return;
    await this.transactions.run(SYSTEM, (tx) => this.jobs.enqueue(tx, SEND_RECOVERY, { identifier, asker }));
  }
}
