import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Handlers } from '../jobs/handlers.js';
import { JobQueues, type QueuedJob } from '../jobs/job-queues.js';
import { EVENTS, type QueueDefinition } from '../jobs/queues.js';
import type { OutboxRow } from '../outbox/outbox.repository.js';
import { publishedEvent } from './published-event.js';
import type { RelayLoop } from '../outbox/relay-loop.js';
import { RelayLoops } from '../outbox/relay-loops.js';
import { Subscriptions } from './subscriptions.js';

/** Hands what is in the outbox to the queues: an event to each of its subscribers, work to its handler. */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: RelayLoop;

  constructor(
    private readonly queues: JobQueues,
    private readonly subscriptions: Subscriptions,
    private readonly handlers: Handlers,
    loops: RelayLoops,
  ) {
    this.loop = loops.to('queues', (rows) => this.deliver(rows));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async deliver(rows: readonly OutboxRow[]): Promise<readonly string[]> {
    await this.subscriptions.tellFirst(rows.filter(({ isJob }) => !isJob).map(publishedEvent));
    const subscribersOf = await this.subscriptions.current();
    await this.queues.addAll(
      rows.flatMap((row) => (row.isJob ? [this.jobOf(row)] : jobsOf(row, subscribersOf(row.type)))),
    );
    return rows.map(({ id }) => id);
  }

  /** Work nobody here knows goes to the queue all the same, where another process takes it, or it becomes a dead letter. */
  private jobOf({ type, eventId, payload, traceparent }: OutboxRow): QueuedJob {
    const queue = this.handlers.find(type)?.queue ?? EVENTS.name;
    return { queue, handler: type, eventId, data: payload, traceparent };
  }
}

function jobsOf(
  row: OutboxRow,
  subscribers: readonly { name: string; queue: QueueDefinition }[],
): QueuedJob[] {
  const data = publishedEvent(row);
  return subscribers.map(({ name, queue }) => ({
    queue: queue.name,
    handler: name,
    eventId: row.eventId,
    data,
    traceparent: row.traceparent,
  }));
}
