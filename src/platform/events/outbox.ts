import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';
import { OutboxSignal } from './outbox-signal.js';

/** A small typed fact about something that happened. Payloads carry ids and plain values, never secrets. */
export interface DomainEvent {
  readonly type: string;
  readonly version: number;
  readonly aggregate: { readonly type: string; readonly id: number };
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Bytes of a payload. Receivers and brokers have limits, and one event that breaks them would hold up those behind it. */
const LARGEST = 64 * 1_024;

@Injectable()
export class Outbox {
  constructor(private readonly signal: OutboxSignal) {}

  /** Stores the event with the change; it is delivered after the commit, at least once. */
  async add(tx: Transaction, event: DomainEvent): Promise<void> {
    const payload = JSON.stringify(event.payload);
    const size = Buffer.byteLength(payload);
    if (size > LARGEST) {
      throw new Error(
        `${event.type} has ${size} bytes, more than ${LARGEST}: events carry ids, not contents`,
      );
    }
    await tx.query(
      'INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload) VALUES ($1, $2, $3, $4, $5)',
      [event.type, event.version, event.aggregate.type, String(event.aggregate.id), payload],
    );
    this.signal.ringAfter(tx);
  }
}
