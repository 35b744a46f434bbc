import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';
import { Outbox } from '../outbox/outbox.js';
import { Handlers } from './handlers.js';
import { defineJob, type JobContext, type JobDefinition } from './job.js';
import { MAINTENANCE } from './queues.js';

interface Recurring {
  readonly job: JobDefinition<object>;
  readonly every: number;
}

/** How rows go that nobody needs any more; the owner of their table says so. */
export interface Retention {
  /** Name of the job: under another one the old would stay in the schedules of installations, with nobody to do it. */
  readonly name: string;
  /** Milliseconds */
  readonly every: number;
  readonly batch: number;
  /** Removes at most so many. Answers how many. */
  readonly remove: (batch: number) => Promise<number>;
}

/** Work that is done after the transaction that asks for it: at least once, in another process if need be. */
@Injectable()
export class Jobs {
  private readonly recurring: Recurring[] = [];

  constructor(
    private readonly handlers: Handlers,
    private readonly outbox: Outbox,
  ) {}

  /** Has the work done once `tx` has committed. The payload carries ids and plain values, never secrets. */
  async enqueue<Payload extends object>(
    tx: Transaction,
    job: JobDefinition<Payload>,
    payload: NoInfer<Payload>,
  ): Promise<void> {
    await this.outbox.addWork(tx, job.name, payload);
  }

  /** Has the work done every so many milliseconds, once over all processes. As `handle`, for schedules. */
  every(milliseconds: number, job: JobDefinition<object>, run: () => Promise<unknown>): void {
    this.handle(job, async () => void (await run()));
    this.recurring.push({ job, every: milliseconds });
  }

  /** Removes what is over, a batch at a time until one is not full. As `every`. */
  drain({ name, every, batch, remove }: Retention): void {
    this.every(every, defineJob<object>(name, MAINTENANCE), async () => {
      while ((await remove(batch)) === batch);
    });
  }

  schedules(): readonly Recurring[] {
    return this.recurring;
  }

  /** Says who does the work; call it while the module initialises. */
  handle<Payload extends object>(
    job: JobDefinition<Payload>,
    run: (payload: Payload, context: JobContext) => Promise<void>,
  ): void {
    this.handlers.add({ ...job, run: (data, context) => run(data as Payload, context) });
  }
}
