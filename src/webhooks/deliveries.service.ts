import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Page, PageRequest } from '../common/page.js';
import { AuditLog } from '../platform/audit/audit-log.js';
import { type Transaction, Transactions } from '../platform/database/transactions.js';
import type { PublishedEvent } from '../platform/events/published-event.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { DELIVER } from './delivery.jobs.js';
import type { Webhook } from './webhook.entity.js';
import { DeliveryInProgress, DeliveryNotFound, WebhookInactive, WebhookNotFound } from './webhook.errors.js';
import type { DeliveryState, WebhookDelivery } from './webhook-delivery.entity.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** What is to be sent, and what has been, as people see it and ask for. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly transactions: Transactions,
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly jobs: Jobs,
    private readonly audit: AuditLog,
  ) {}

  /** @throws WebhookNotFound */
  async list(
    webhookId: number,
    state: DeliveryState | undefined,
    request: PageRequest<'id'>,
  ): Promise<Page<WebhookDelivery>> {
    if (!(await this.webhooks.find(webhookId))) throw new WebhookNotFound();
    return this.deliveries.list(webhookId, state, request);
  }

  /** Sends a `webhook.test` that tells of nothing. @throws WebhookNotFound, WebhookInactive */
  test(webhookId: number, actor: Actor): Promise<WebhookDelivery> {
    return this.transactions.run(actor, async (tx) => {
      await this.getActive(tx, webhookId);
      const id = await this.deliveries.insert(tx, webhookId, testEvent(webhookId));
      return this.send(tx, actor, 'webhook.tested', id);
    });
  }

  /**
   * Sends the event of a delivery again, under its id of then, by which receivers know it.
   * @throws DeliveryNotFound, WebhookInactive, DeliveryInProgress
   */
  replay(id: number, actor: Actor): Promise<WebhookDelivery> {
    return this.transactions.run(actor, async (tx) => {
      const delivery = await this.getDelivery(tx, id);
      await this.getActive(tx, delivery.webhookId).catch((error: unknown) => {
        throw error instanceof WebhookNotFound ? new DeliveryNotFound() : error;
      });
      if (!(await this.deliveries.restart(tx, delivery.id))) throw new DeliveryInProgress();
      return this.send(tx, actor, 'webhook.delivery_replayed', delivery.id);
    });
  }

  private async send(tx: Transaction, actor: Actor, action: string, id: string): Promise<WebhookDelivery> {
    const delivery = await this.getDelivery(tx, id);
    const { webhookId, eventId, eventType } = delivery;
    // Whoever asks for it by hand does not wait for the end of a rest.
    await this.webhooks.endRest(tx, webhookId);
    const subject = { type: 'webhook', id: webhookId };
    await this.audit.record(tx, { actor, action, subject, details: { deliveryId: id, eventId, eventType } });
    await this.jobs.enqueue(tx, DELIVER, { deliveryId: id });
    return delivery;
  }

  private async getDelivery(tx: Transaction, id: string | number): Promise<WebhookDelivery> {
    const delivery = await this.deliveries.find(tx, id);
    if (!delivery) throw new DeliveryNotFound();
    return delivery;
  }

  private async getActive(tx: Transaction, webhookId: number): Promise<Webhook> {
    const webhook = await this.webhooks.findForChange(tx, webhookId);
    if (!webhook) throw new WebhookNotFound();
    if (!webhook.isActive) throw new WebhookInactive();
    return webhook;
  }
}

function testEvent(webhookId: number): PublishedEvent {
  return {
    id: randomUUID(),
    type: 'webhook.test',
    version: 1,
    occurredAt: new Date().toISOString(),
    aggregate: { type: 'webhook', id: String(webhookId) },
    data: { id: webhookId },
  };
}
