import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Transaction } from '../database/transactions.js';

/** The channel of NOTIFY. */
export const OUTBOX_CHANNEL = 'gatehouse_outbox';
/** One call for all that commits within this time. Milliseconds. */
const GATHER = 5;

/**
 * Wakes the relays. Sent after the commit and not within it: NOTIFY makes transactions commit one by one. A signal
 * that is lost costs no more than the relay's polling interval.
 */
@Injectable()
export class OutboxSignal implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  ringAfter(tx: Transaction): void {
    tx.afterCommit(() => {
      this.timer ??= setTimeout(() => this.ring(), GATHER).unref();
    });
  }

  onApplicationShutdown(): void {
    if (this.timer) clearTimeout(this.timer);
  }

  private ring(): void {
    this.timer = null;
    this.dataSource.query('SELECT pg_notify($1, $2)', [OUTBOX_CHANNEL, '']).catch(() => {
      // The relay polls as well.
    });
  }
}
