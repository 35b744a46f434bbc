import { Injectable } from '@nestjs/common';
import { Handlers } from '../jobs/handlers.js';
import type { JobContext, QueueName } from '../jobs/job.js';

/** An event as it is delivered, to handlers, webhooks and the broker alike; docs/events/envelope.schema.json. */
export interface PublishedEvent {
  /** UUID; the same at every delivery of this event. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly aggregate: { readonly type: string; readonly id: string };
  readonly data: Readonly<Record<string, unknown>>;
}

interface Subscription {
  readonly handler: string;
  readonly queue: QueueName;
  /** Null: all of them. */
  readonly types: ReadonlySet<string> | null;
}

/** Who wants to know of which events. Each subscriber gets each event at least once, with retries of its own. */
@Injectable()
export class Subscriptions {
  private readonly all: Subscription[] = [];

  constructor(private readonly handlers: Handlers) {}

  /** `types` are event types, or `*` for all. Call it while the module initialises. */
  on(
    types: readonly string[] | '*',
    handler: { readonly name: string; readonly queue: QueueName },
    run: (event: PublishedEvent, context: JobContext) => Promise<void>,
  ): void {
    const { name, queue } = handler;
    this.handlers.add({ name, queue, run: (data, context) => run(data as PublishedEvent, context) });
    this.all.push({ handler: name, queue, types: types === '*' ? null : new Set(types) });
  }

  of(type: string): readonly Subscription[] {
    return this.all.filter(({ types }) => types === null || types.has(type));
  }
}
