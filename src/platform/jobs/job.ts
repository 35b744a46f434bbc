import type { QueueDefinition } from './queues.js';

/** A kind of work that is done in the background. */
export interface JobDefinition<Payload extends object> {
  /** Noun and verb: `identities.send_code`. */
  readonly name: string;
  /** Name of its queue. */
  readonly queue: string;
  /** Only for the type. */
  readonly payload?: Payload;
}

export function defineJob<Payload extends object>(
  name: string,
  queue: QueueDefinition,
): JobDefinition<Payload> {
  return { name, queue: queue.name };
}

export interface JobContext {
  /** The same at every try and every repeat: what the work is recognised by. */
  readonly id: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** The work cannot succeed, however often it is tried: it goes to the dead letters at once. */
export class HopelessJob extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'HopelessJob';
  }
}
