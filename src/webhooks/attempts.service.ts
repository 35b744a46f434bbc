import { Injectable } from '@nestjs/common';
import { SYSTEM, Transactions } from '../platform/database/transactions.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { type Attempt, isGone, type Outcome } from './attempt.js';
import { type Claim, DeliveriesRepository, type Settlement } from './deliveries.repository.js';
import { DELIVER } from './delivery.jobs.js';
import { pauseAfter } from './retry-schedule.js';
import { WebhookHealthService } from './webhook-health.service.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** Attempts at one webhook at a time, so that one that hangs holds up itself only. */
export const AT_ONCE = 2;
/** Seconds after which whoever makes an attempt is taken to have died; an attempt takes ten at most. */
const LEASE = 30;

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

  /** Takes the next attempt at a delivery. Null when there is none to be made now, whatever the reason. */
  begin(deliveryId: string): Promise<Attempt | null> {
    return this.transactions.run(SYSTEM, async (tx) => {
      const delivery = await this.deliveries.find(tx, deliveryId);
      if (!delivery) return null;
      const webhook = await this.webhooks.findForChange(tx, delivery.webhookId);
      if (!webhook?.isActive) {
        await this.deliveries.giveUp(tx, delivery.webhookId, 'webhook_inactive');
        return null;
      }
      const claim = await this.deliveries.claim(tx, delivery, LEASE, AT_ONCE);
      return claim && { webhook, claim };
    });
  }

  /** Writes down what came of it, plans what follows, and lets the next delivery to the webhook begin. */
  finish({ webhook, claim }: Attempt, outcome: Outcome): Promise<void> {
    return this.transactions.run(SYSTEM, async (tx) => {
      await this.webhooks.findForChange(tx, webhook.id);
      if (!(await this.deliveries.settle(tx, claim, settlementOf(claim, outcome)))) return;
      await this.health.record(tx, webhook.id, outcome);
      const [next] = await this.deliveries.due(tx, 1, webhook.id);
      if (next !== undefined) await this.jobs.enqueue(tx, DELIVER, { deliveryId: next });
    });
  }
}

function settlementOf({ attempts }: Claim, outcome: Outcome): Settlement {
  if (outcome.error === null) return { ...outcome, state: 'succeeded', pause: null };
  const pause = isGone(outcome) ? null : pauseAfter(attempts);
  return { ...outcome, state: pause === null ? 'failed' : 'pending', pause };
}
