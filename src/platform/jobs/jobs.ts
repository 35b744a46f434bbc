import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transactions.js';
import { Outbox } from '../outbox/outbox.js';
import { Handlers } from './handlers.js';
import type { JobContext, JobDefinition } from './job.js';

interface Recurring {
  readonly job: JobDefinition<object>;
  readonly every: number;
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
