/**
 * Queues, so that slow work of one kind does not hold up the others, and how much of each a process does at a time.
 * - `events`: what follows from an event; quick
 * - `messages`: mail and SMS, which wait for their provider
 * - `webhooks`: calls to receivers, which may hang
 * - `maintenance`: clean-up, rotation, purge
 */
export const QUEUES = { events: 10, messages: 10, webhooks: 50, maintenance: 1 } as const;
/**
 * Of these, how many further tries a process makes at a time: what fails again and again, for one recipient say, never
 * stands before the first try of everybody else.
 */
export const RETRIES_AT_ONCE: Readonly<Partial<Record<QueueName, number>>> = { messages: 2 };
export type QueueName = keyof typeof QUEUES;

/** A kind of work that is done in the background. */
export interface JobDefinition<Payload extends object> {
  /** Noun and verb: `identities.send_code`. */
  readonly name: string;
  readonly queue: QueueName;
  /** Only for the type. */
  readonly payload?: Payload;
}

export function defineJob<Payload extends object>(name: string, queue: QueueName): JobDefinition<Payload> {
  return { name, queue };
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
