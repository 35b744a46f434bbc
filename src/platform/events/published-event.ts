import type { OutboxRow } from '../outbox/outbox.repository.js';

/** An event as it is delivered, to handlers, webhooks and the broker alike; docs/events/envelope.schema.json. */
export interface PublishedEvent<Data extends object = Readonly<Record<string, unknown>>> {
  /** UUID; the same at every delivery of this event. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly aggregate: { readonly type: string; readonly id: string };
  readonly data: Readonly<Data>;
}

export function publishedEvent(row: OutboxRow): PublishedEvent {
  return {
    id: row.eventId,
    type: row.type,
    version: row.version,
    occurredAt: row.occurredAt.toISOString(),
    aggregate: { type: row.aggregateType, id: row.aggregateId },
    data: row.payload,
  };
}
