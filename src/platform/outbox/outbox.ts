import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';
import { OutboxSignal } from './outbox-signal.js';
import { tracing } from '../tracing/tracing.js';

/** Something that happened. Payloads carry ids and plain values, never secrets. */
interface Fact {
  readonly type: string;
  readonly version: number;
  readonly aggregate: { readonly type: string; readonly id: number | string };
  readonly payload: object;
}

/** Bytes of a payload. Receivers and brokers have limits, and one event that breaks them would hold up those behind it. */
export const LARGEST = 64 * 1_024;

/** What is delivered after the commit of the transaction it is put in with: at least once. */
@Injectable()
export class Outbox {
  constructor(private readonly signal: OutboxSignal) {}

  /** Stores the event with the change. */
  async add(tx: Transaction, event: Fact): Promise<void> {
    const size = sizeOf(event.payload);
    if (size > LARGEST) {
      throw new Error(
        `${event.type} has ${size} bytes, more than ${LARGEST}: events carry ids, not contents, and lists inParts()`,
      );
    }
    await this.insert(tx, event, false);
  }

  /** Asks the handler of this name for work. Each piece is an aggregate of its own: none waits for another. */
  async addWork(tx: Transaction, handler: string, payload: object): Promise<void> {
    await this.insert(
      tx,
      { type: handler, version: 1, aggregate: { type: 'job', id: randomUUID() }, payload },
      true,
    );
  }

  private async insert(
    tx: Transaction,
    { type, version, aggregate, payload }: Fact,
    isWork: boolean,
  ): Promise<void> {
    tx.preparedLast(
      'insert-event',
      `INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload, is_job, traceparent)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        type,
        version,
        aggregate.type,
        String(aggregate.id),
        JSON.stringify(payload),
        isWork,
        tracing.traceparent() ?? null,
      ],
    );
    this.signal.ringAfter(tx);
  }
}

/** Of a payload, in bytes. */
export function sizeOf(payload: object): number {
  return Buffer.byteLength(JSON.stringify(payload));
}
