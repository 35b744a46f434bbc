import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';

/** What a consumer has dealt with: makes the effect of an event that is delivered twice happen once. */
@Injectable()
export class Inbox {
  /**
   * True for the first of all that ask, and false ever after. Take it first thing in the transaction that holds the
   * effect: of several at once the others wait until it has committed.
   */
  async isNew(tx: Transaction, consumer: string, eventId: string): Promise<boolean> {
    const rows = await tx.query(
      'INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1',
      [consumer, eventId],
    );
    return rows.length > 0;
  }
}
