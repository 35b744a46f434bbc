import { Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../common/within.js';
import { SYSTEM, type Transactions } from '../database/transactions.js';
import { onceInAWhile } from '../logging/once-in-a-while.js';
import type { OutboxListener } from './outbox-listener.js';
import type { Destination, OutboxRepository, OutboxRow } from './outbox.repository.js';
import { lag } from './outbox.metrics.js';
import { PutAside } from './put-aside.js';

/** Rows delivered in one transaction. */
const BATCH = 250;
/** How long nothing may be heard before the relay looks for itself. Milliseconds. */
const POLL = 1_000;
/** The transaction, and with it the claim, must not wait longer for its destination. */
const DELIVER_WITHIN = 5_000;
const LONGEST_PAUSE = 3_000;

/** Answers the ids of those that arrived; of one aggregate none after one that did not. */
export type Deliver = (rows: readonly OutboxRow[]) => Promise<readonly string[]>;

/**
 * Moves rows of the outbox to one destination: claim, deliver, mark, commit. A process that dies before the commit has
 * claimed nothing, and the rows are delivered again: at least once, in order per aggregate. Any number of relays may run.
 */
export class RelayLoop {
  private readonly logger = new Logger('Outbox');
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly putAside = new PutAside();
  private readonly lag;
  private readonly sayRefused = onceInAWhile((count: number) =>
    this.logger.warn(
      `The ${this.destination} refused ${count} events; they are tried again, and others go on`,
    ),
  );
  private wake: () => void = () => undefined;
  private isSignalled = false;

  constructor(
    private readonly destination: Destination,
    private readonly deliver: Deliver,
    private readonly outbox: OutboxRepository,
    private readonly transactions: Transactions,
    listener: OutboxListener,
  ) {
    this.lag = lag.of({ destination });
    listener.onSignal(() => {
      this.isSignalled = true;
      this.wake();
    });
  }

  start(): void {
    this.running = this.run();
  }

  /** Waits for the batch that is under way. */
  async stop(): Promise<void> {
    this.stopped.abort();
    this.wake();
    await this.running;
  }

  /** One batch. Answers how many rows were found, and how many of them were delivered. */
  deliverBatch(): Promise<{ found: number; delivered: number }> {
    return this.transactions.run(SYSTEM, async (tx) => {
      const rows = await this.outbox.claim(tx, this.destination, BATCH, this.putAside.current());
      if (rows.length === 0) return { found: 0, delivered: 0 };
      const ids = await within(DELIVER_WITHIN, this.deliver(rows));
      this.putAside.note(rows, new Set(ids));
      const waited = await this.outbox.markDelivered(tx, this.destination, ids);
      tx.afterCommit(() => waited.forEach((seconds) => this.lag.observe(seconds)));
      return { found: rows.length, delivered: ids.length };
    });
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopped.signal.aborted) {
      this.isSignalled = false;
      let pause = POLL;
      try {
        const { found, delivered } = await this.deliverBatch();
        if (found > 0 && delivered === 0) throw new Error(`none of ${found} events was accepted`);
        // What was refused is put aside; the rest goes on.
        if (delivered < found) this.sayRefused(found - delivered);
        if (failures > 0) this.logger.log(`Events go to the ${this.destination} again`);
        failures = 0;
        if (found === BATCH) continue;
      } catch (error) {
        failures += 1;
        pause = Math.min(LONGEST_PAUSE, 250 * 2 ** Math.min(failures, 10));
        // Said once, however long it takes.
        if (failures === 1) this.logger.warn(`Events wait for the ${this.destination}; trying again`, error);
      }
      await this.rest(pause, failures > 0);
    }
  }

  /** Until the signal or the end of the pause. After a failure the signal changes nothing. */
  private async rest(pause: number, isFailing: boolean): Promise<void> {
    if (this.stopped.signal.aborted || (this.isSignalled && !isFailing)) return;
    const woken = new Promise<void>((resolve) => {
      this.wake = isFailing ? () => (this.stopped.signal.aborted ? resolve() : undefined) : resolve;
    });
    const timer = new AbortController();
    await Promise.race([
      woken,
      delay(pause, undefined, { ref: false, signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
  }
}
