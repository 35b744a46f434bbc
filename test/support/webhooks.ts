import { randomUUID } from 'node:crypto';
import type { PublishedEvent } from '../../src/platform/events/published-event.js';
import { DueDeliveries } from '../../src/webhooks/due-deliveries.js';
import { Sender } from '../../src/webhooks/sender.js';
import { startApp, type TestApp } from './app.js';

export interface DeliveryRow {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly last_latency: number | null;
  /** Seconds from now. */
  readonly pause: number | null;
}

/** Webhooks of an instance whose worker is off: tests say when what is done. */
export class Webhooks {
  constructor(
    private readonly service: TestApp,
    private readonly token: string,
  ) {}

  async create(url: string, eventTypes: string[] = ['*']): Promise<{ id: number; secret: string }> {
    const { status, text, body } = await this.service.api.post<{ id: number; secret: string }>('/webhooks', {
      token: this.token,
      body: { url, eventTypes },
    });
    if (status !== 201) throw new Error(`${url}: ${status} ${text}`);
    return body;
  }

  /** Puts a URL where no rule sees it. */
  async bypass(id: number, url: string): Promise<void> {
    await this.service.sql('UPDATE webhook SET url = $2 WHERE id = $1', [id, url]);
  }

  /** Tells of an event, as the relay does; answers the deliveries it leads to. */
  async publish(event: PublishedEvent = anEvent()): Promise<string[]> {
    await this.service.app.get(DueDeliveries).fanOut(event);
    const rows = await this.service.sql<{ id: string }>(
      'SELECT id FROM webhook_delivery WHERE event_id = $1 ORDER BY webhook_id',
      [event.id],
    );
    return rows.map(({ id }) => id);
  }

  /** Makes one attempt, as the worker does, and answers how it went. */
  async attempt(id: string): Promise<DeliveryRow> {
    await this.service.app.get(Sender).deliver(id);
    return this.delivery(id);
  }

  async delivery(id: string): Promise<DeliveryRow> {
    const [row] = await this.service.sql<DeliveryRow>(
      `SELECT id, state, attempts, last_status, last_error, last_latency,
         extract(epoch FROM next_attempt_at - now())::float8 AS pause FROM webhook_delivery WHERE id = $1`,
      [id],
    );
    if (!row) throw new Error(`There is no delivery ${id}`);
    return row;
  }

  /** Makes the next attempt due now. */
  async hurry(id: string): Promise<void> {
    await this.service.sql('UPDATE webhook_delivery SET next_attempt_at = now() WHERE id = $1', [id]);
  }

  /** One event to one webhook, and the first attempt at it. */
  async send(event?: PublishedEvent): Promise<DeliveryRow> {
    const [id = ''] = await this.publish(event);
    return this.attempt(id);
  }

  async removeAll(): Promise<void> {
    await this.service.sql('DELETE FROM webhook');
  }
}

export function anEvent(type = 'user.created', data: Record<string, unknown> = { id: 7 }): PublishedEvent {
  return {
    id: randomUUID(),
    type,
    version: 1,
    occurredAt: new Date().toISOString(),
    aggregate: { type: type.split('.')[0] ?? '', id: '7' },
    data,
  };
}

export interface WebhookTest {
  readonly service: TestApp;
  /** Of somebody who manages webhooks. */
  readonly token: string;
  readonly webhooks: Webhooks;
}

/** An instance that makes attempts when a test says so. */
export async function startWebhookTest(
  env: Record<string, string>,
  databaseUrl?: string,
): Promise<WebhookTest> {
  const service = await startApp({
    env: { WORKER: 'off', ...env },
    ...(databaseUrl !== undefined && { databaseUrl }),
  });
  const { token } = await service.factory.userWith('webhooks.manage');
  return { service, token, webhooks: new Webhooks(service, token) };
}
