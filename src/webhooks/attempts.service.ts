import { Injectable } from '@nestjs/common';
import { SYSTEM, Transactions } from '../platform/database/transactions.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { type Attempt, isGone, type Outcome } from './attempt.js';
import { type Claim, DeliveriesRepository, type Settlement } from './deliveries.repository.js';
import { DELIVER } from './delivery.jobs.js';
import { pauseAfter } from './retry-schedule.js';
import { WebhookHealthService } from './webhook-health.service.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** Who makes which attempt, and what comes of it. Decided under the row lock of the webhook. */
@Injectable()
export class AttemptsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly health: WebhookHealthService,
    private readonly jobs: Jobs,
  ) {}

  /** Takes the next attempt at a delivery. Null when there is none to be made now; it is asked for again in its time. */
  begin(deliveryId: string): Promise<Attempt | null> {
    return this.transactions.run(SYSTEM, async (tx) => {
      const delivery = await this.deliveries.find(tx, deliveryId);
      if (!delivery) return null;
      const webhook = await this.webhooks.findForChange(tx, delivery.webhookId);
      if (!webhook?.isActive) {
        await this.deliveries.giveUp(tx, delivery.webhookId, 'webhook_inactive');
        return null;
      }
      const claim = await this.deliveries.claim(tx, delivery);
      if (claim) return { webhook, claim };
      await this.deliveries.unask(tx, deliveryId);
      return null;
    });
  }

  /** Writes down what came of it, plans what follows, and lets the next delivery to the webhook begin. */
  finish({ webhook, claim }: Attempt, outcome: Outcome): Promise<void> {
    return this.transactions.run(SYSTEM, async (tx) => {
      await this.webhooks.findForChange(tx, webhook.id);
      if (!(await this.deliveries.settle(tx, claim, settlementOf(claim, outcome)))) return;
      await this.health.record(tx, webhook.id, outcome);
      for (const deliveryId of await this.deliveries.takeDue(tx, webhook.id)) {
        await this.jobs.enqueue(tx, DELIVER, { deliveryId });
      }
    });
  }
}

function settlementOf({ attempts }: Claim, outcome: Outcome): Settlement {
  if (outcome.error === null) return { ...outcome, state: 'succeeded', pause: null };
  const planned = isGone(outcome) ? null : pauseAfter(attempts);
  const pause = planned === null ? null : Math.max(planned, outcome.retryAfter ?? 0);
  return { ...outcome, state: pause === null ? 'failed' : 'pending', pause };
}
