/** Events come at least once; an inbox has each take effect once. */
export interface Inbox<Transaction> {
  /**
   * Runs `effect` unless it has been done for this event; answers whether it ran. Whoever comes with the same event
   * meanwhile waits. What `effect` throws undoes everything: the event is new again.
   */
  once(eventId: string, effect: (transaction: Transaction) => Promise<void>): Promise<boolean>;
}

/** Remembers the newest `max` events (10,000) while the process runs: for effects that end with it, caches say. */
export class MemoryInbox implements Inbox<undefined> {
  private readonly done = new Set<string>();
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(private readonly max = 10_000) {}

  async once(eventId: string, effect: (transaction: undefined) => Promise<void>): Promise<boolean> {
    for (let other = this.underWay.get(eventId); other; other = this.underWay.get(eventId)) {
      await other.catch(() => undefined);
    }
    if (this.done.has(eventId)) return false;
    const running = Promise.resolve().then(() => effect(undefined));
    this.underWay.set(eventId, running);
    try {
      await running;
      this.remember(eventId);
      return true;
    } finally {
      this.underWay.delete(eventId);
    }
  }

  private remember(eventId: string): void {
    this.done.add(eventId);
    const [oldest] = this.done;
    if (this.done.size > this.max && oldest !== undefined) this.done.delete(oldest);
  }
}
