/** A queue, so that slow work of one kind does not hold up the others. */
export interface QueueDefinition {
  readonly name: string;
  /** How many of its jobs a process does at a time. */
  readonly atOnce: number;
  /**
   * Of these, how many further tries: what fails again and again, for one recipient say, never stands before the first try
   * of everybody else. Left out: any number.
   */
  readonly retriesAtOnce?: number;
}

/** What follows from an event; quick. */
export const EVENTS: QueueDefinition = { name: 'events', atOnce: 10 };
/** Mail and SMS, which wait for their provider. */
export const MESSAGES: QueueDefinition = { name: 'messages', atOnce: 10, retriesAtOnce: 2 };
/** Clean-up, rotation, purge. */
export const MAINTENANCE: QueueDefinition = { name: 'maintenance', atOnce: 1 };
