import { createHmac } from 'node:crypto';
import type { PublishedEvent } from '../platform/events/published-event.js';

export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What is sent: the event as JSON, signed as Standard Webhooks 1.0.0 has it. `webhook-id` is the event's, the same at
 * every attempt; the time is that of the attempt. People set no headers, so that none can be smuggled in.
 */
export function signedMessage(event: PublishedEvent, keys: readonly Buffer[], at: Date): SignedMessage {
  const { id, type, version, occurredAt, aggregate, data } = event;
  // In this order whatever the database made of it.
  const body = JSON.stringify({ id, type, version, occurredAt, aggregate, data });
  const timestamp = String(Math.floor(at.getTime() / 1000));
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Gatehouse-Webhooks/1',
      'accept-encoding': 'identity',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': keys.map((key) => signature(key, `${id}.${timestamp}.${body}`)).join(' '),
    },
  };
}

function signature(key: Buffer, content: string): string {
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}
