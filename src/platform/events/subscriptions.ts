import { Injectable } from '@nestjs/common';
import { Handlers } from '../jobs/handlers.js';
import type { JobContext } from '../jobs/job.js';
import type { QueueDefinition } from '../jobs/queues.js';
import type { EventDefinition } from './define-event.js';
import type { PublishedEvent } from './published-event.js';

interface Subscriber {
  readonly name: string;
  readonly queue: QueueDefinition;
  /** Asked once per batch: while it answers false no events are queued for this subscriber. Absent: always. */
  isInterested?(): Promise<boolean>;
}

interface Subscription {
  readonly subscriber: Subscriber;
  /** Null: all of them. */
  readonly types: ReadonlySet<string> | null;
}

/** Who wants to know of which events. Each subscriber gets each event at least once, with retries of its own. */
@Injectable()
export class Subscriptions {
  private readonly all: Subscription[] = [];
  private readonly first: ((events: readonly PublishedEvent[]) => Promise<void>)[] = [];

  constructor(private readonly handlers: Handlers) {}

  /** Tells of events of these kinds, or of all. Call it while the module initialises. */
  on<Data extends object = Readonly<Record<string, unknown>>>(
    events: EventDefinition<never, Data> | readonly EventDefinition<never, Data>[] | '*',
    subscriber: Subscriber,
    run: (event: PublishedEvent<Data>, context: JobContext) => Promise<void>,
  ): void {
    const { name, queue } = subscriber;
    this.handlers.add({
      name,
      queue: queue.name,
      run: (data, context) => run(data as PublishedEvent<Data>, context),
    });
    const types = events === '*' ? null : new Set([events].flat().map(({ type }) => type));
    this.all.push({ subscriber, types });
  }

  /**
   * Has `run` told of events before they are queued for anybody. While it throws they stay in the outbox, and come again.
   */
  beforeAll(run: (events: readonly PublishedEvent[]) => Promise<void>): void {
    this.first.push(run);
  }

  async tellFirst(events: readonly PublishedEvent[]): Promise<void> {
    for (const run of this.first) await run(events);
  }

  /** Who is to be told of an event of a type, at this moment. */
  async current(): Promise<(type: string) => readonly Subscriber[]> {
    const asked = this.all.map(async ({ subscriber }) => (await subscriber.isInterested?.()) ?? true);
    const isInterested = await Promise.all(asked);
    const interested = this.all.filter((_, index) => isInterested[index]);
    return (type) =>
      interested.filter(({ types }) => types === null || types.has(type)).map(({ subscriber }) => subscriber);
  }
}
