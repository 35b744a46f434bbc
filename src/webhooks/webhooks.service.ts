import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Page, PageRequest } from '../common/page.js';
import { type Transaction, Transactions } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { asItIs, type SeenCheck } from '../platform/http/etag.js';
import { validationFailed } from '../platform/http/validation.pipe.js';
import { OutboundHttp } from '../platform/outbound/outbound-http.js';
import { OutboundRefusal } from '../platform/outbound/outbound-refusal.js';
import { EventTypes } from './event-types.js';
import type { Webhook } from './webhook.entity.js';
import { WebhookNotFound } from './webhook.errors.js';
import { webhookCreated, webhookDeleted, webhookSecretRotated, webhookUpdated } from './webhook.events.js';
import { WebhookSecrets } from './webhook-secrets.js';
import {
  type WebhookChanges,
  type WebhookFields,
  WebhooksRepository,
  type WebhookSortField,
} from './webhooks.repository.js';

/** Characters, percent-encoded; what the table holds. */
const LONGEST_URL = 2_048;

/** Webhooks and their secrets, which are shown when they are made and never again. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly transactions: Transactions,
    private readonly webhooks: WebhooksRepository,
    private readonly secrets: WebhookSecrets,
    private readonly outbound: OutboundHttp,
    private readonly events: EventTypes,
    private readonly changes: ChangeLog,
  ) {}

  list(request: PageRequest<WebhookSortField>): Promise<Page<Webhook>> {
    return this.webhooks.list(request);
  }

  /** @throws WebhookNotFound */
  async get(id: number): Promise<Webhook> {
    const webhook = await this.webhooks.find(id);
    if (!webhook) throw new WebhookNotFound();
    return webhook;
  }

  /** @throws ValidationFailed for a URL that is not called, and for events there are none of */
  async create(fields: WebhookFields, actor: Actor): Promise<{ webhook: Webhook; secret: string }> {
    this.assertKnown(fields.eventTypes);
    const url = await this.validate(fields.url);
    return this.transactions.run(actor, async (tx) => {
      const id = await this.webhooks.nextId(tx);
      const { shown, sealed } = this.secrets.create(id);
      const webhook = await this.webhooks.insert(tx, id, { ...fields, url }, sealed);
      await this.changes.record(tx, actor, webhookCreated(webhook), detailsOf(webhook));
      return { webhook, secret: shown };
    });
  }

  /**
   * Switching it on forgets what it was switched off for.
   * @throws WebhookNotFound, ValidationFailed, and what `assertSeen` throws
   */
  async update(
    id: number,
    changes: WebhookChanges,
    actor: Actor,
    assertSeen: SeenCheck<Webhook> = asItIs,
  ): Promise<Webhook> {
    if (changes.eventTypes) this.assertKnown(changes.eventTypes);
    const url = changes.url === undefined ? {} : { url: await this.validate(changes.url) };
    return this.transactions.run(actor, async (tx) => {
      const before = await this.getForChange(tx, id);
      await assertSeen(before, tx);
      if (Object.keys(changes).length === 0) return before;
      const isSwitched = changes.isActive !== undefined;
      const fields = { ...changes, ...url, ...(isSwitched && { disabledReason: null }) };
      const webhook = await this.webhooks.update(tx, id, fields);
      if (changes.isActive) await this.webhooks.recordSuccess(tx, id);
      await this.changes.record(tx, actor, webhookUpdated(webhook), detailsOf(webhook));
      return webhook;
    });
  }

  /** @throws WebhookNotFound, and what `assertSeen` throws */
  delete(id: number, actor: Actor, assertSeen: SeenCheck<Webhook> = asItIs): Promise<void> {
    return this.transactions.run(actor, async (tx) => {
      const webhook = await this.getForChange(tx, id);
      await assertSeen(webhook, tx);
      await this.webhooks.softDelete(tx, id);
      await this.changes.record(tx, actor, webhookDeleted(webhook), detailsOf(webhook));
    });
  }

  /** Makes a new secret; the one before signs as well for a day. @throws WebhookNotFound */
  rotateSecret(id: number, actor: Actor): Promise<{ webhook: Webhook; secret: string }> {
    return this.transactions.run(actor, async (tx) => {
      const { sealedSecret } = await this.getForChange(tx, id);
      const { shown, sealed } = this.secrets.create(id);
      const webhook = await this.webhooks.update(tx, id, {
        sealedSecret: sealed,
        sealedPreviousSecret: sealedSecret,
        previousSecretEndsAt: this.secrets.rotationEndsAt(),
      });
      await this.changes.record(tx, actor, webhookSecretRotated(id));
      return { webhook, secret: shown };
    });
  }

  private async getForChange(tx: Transaction, id: number): Promise<Webhook> {
    const webhook = await this.webhooks.findForChange(tx, id);
    if (!webhook) throw new WebhookNotFound();
    return webhook;
  }

  private assertKnown(eventTypes: readonly string[]): void {
    const unknown = this.events.unknownOf(eventTypes);
    if (unknown.length === 0) return;
    const message = `eventTypes matches no event: ${unknown.join(', ')}; docs/events lists them`;
    throw validationFailed([{ field: 'eventTypes', rule: 'isKnown', message }]);
  }

  private async validate(url: string): Promise<string> {
    try {
      const href = await this.outbound.validate(url);
      if (href.length <= LONGEST_URL) return href;
      const message = `url must not be longer than ${LONGEST_URL} characters as it is sent`;
      throw validationFailed([{ field: 'url', rule: 'maxLength', message }]);
    } catch (error) {
      if (!(error instanceof OutboundRefusal)) throw error;
      throw validationFailed([{ field: 'url', rule: error.rule, message: `url ${error.message}` }]);
    }
  }
}

/** Of the URL the origin only: path and query may hold a token. */
function detailsOf({ url, description, eventTypes, isActive }: Webhook): Record<string, unknown> {
  return { origin: new URL(url).origin, description, eventTypes, isActive };
}
