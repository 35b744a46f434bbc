import { Injectable } from '@nestjs/common';
import { WebhooksConfig } from './webhooks.config.js';
import { SYSTEM, type Transaction } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { isGone, type Outcome } from './attempt.js';
import { MAX_ATTEMPTS, restAfter } from './retry-schedule.js';
import type { DisabledReason } from './webhook.entity.js';
import { webhookDisabled } from './webhook.events.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** Leaves receivers alone that do not answer in time or ask for it, and switches off webhooks nobody listens to any more. */
@Injectable()
export class WebhookHealthService {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly changes: ChangeLog,
    private readonly config: WebhooksConfig,
  ) {}

  /**
   * Off after days of nothing but failures, and as many of them as one delivery takes: a receiver that is seldom
   * called gets its whole round of attempts. At once when it says that it is gone. A rest for one that hangs, so that it
   * does not keep the workers from the others, and for one that says when to come again.
   */
  async record(tx: Transaction, webhookId: number, outcome: Outcome): Promise<void> {
    if (outcome.error === null) return this.webhooks.recordSuccess(tx, webhookId);
    const isTimeout = outcome.error === 'timeout';
    const { failures, timeouts, days } = await this.webhooks.recordFailure(tx, webhookId, isTimeout);
    const seconds = restAfter(timeouts);
    if (isTimeout && seconds !== null) await this.webhooks.rest(tx, webhookId, seconds);
    // It is about the receiver, not about one delivery.
    if (outcome.retryAfter !== null) await this.webhooks.rest(tx, webhookId, outcome.retryAfter);
    const isFailing = days >= this.config.disableAfterDays && failures >= MAX_ATTEMPTS;
    if (isGone(outcome)) await this.disable(tx, webhookId, 'gone', failures);
    else if (isFailing) await this.disable(tx, webhookId, 'failing', failures);
  }

  private async disable(
    tx: Transaction,
    webhookId: number,
    reason: DisabledReason,
    failures: number,
  ): Promise<void> {
    if (!(await this.webhooks.disable(tx, webhookId, reason))) return;
    await this.changes.record(tx, SYSTEM, webhookDisabled(webhookId, reason), { reason, failures });
  }
}
