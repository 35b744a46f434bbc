import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';
import { OutboxSignal } from '../outbox/outbox-signal.js';

/** A small typed fact about something that happened. Payloads carry ids and plain values, never secrets. */
export interface DomainEvent {
  readonly type: string;
  readonly version: number;
  readonly aggregate: { readonly type: string; readonly id: number };
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Bytes of a payload. Receivers and brokers have limits, and one event that breaks them would hold up those behind it. */
const LARGEST = 64 * 1_024;

/**
 * The events about a list, which may be of any length: each tells of as much of it as an event may carry, in order. What
 * ends a thousand sessions must not fail for being told of. One event, if the list is empty.
 */
export function inParts<Item, Event extends DomainEvent>(
  items: readonly Item[],
  toEvent: (part: readonly Item[]) => Event,
): Event[] {
  const room = LARGEST - sizeOf(toEvent([]));
  const parts: Item[][] = [[]];
  let left = room;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (size > left && parts.at(-1)?.length) {
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(item);
    left -= size;
  }
  return parts.map(toEvent);
}

@Injectable()
export class Outbox {
  constructor(private readonly signal: OutboxSignal) {}

  /** Stores the event with the change; it is delivered after the commit, at least once. */
  async add(tx: Transaction, event: DomainEvent): Promise<void> {
    const size = sizeOf(event);
    if (size > LARGEST) {
      throw new Error(
        `${event.type} has ${size} bytes, more than ${LARGEST}: events carry ids, not contents, and lists inParts()`,
      );
    }
    await tx.query(
      'INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload) VALUES ($1, $2, $3, $4, $5)',
      [
        event.type,
        event.version,
        event.aggregate.type,
        String(event.aggregate.id),
        JSON.stringify(event.payload),
      ],
    );
    this.signal.ringAfter(tx);
  }
}

function sizeOf({ payload }: DomainEvent): number {
  return Buffer.byteLength(JSON.stringify(payload));
}
