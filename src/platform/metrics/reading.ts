import { isDoneWithin } from '../../common/within.js';
import { counter } from './instruments.js';

/** Milliseconds that a scrape waits for it; whoever comes later finds what has come by then. */
const PATIENCE = 500;
/** Milliseconds after which it is asked anew, at the earliest. */
const KEEP = 10_000;
/** What takes long is asked less often: so much of the time, at most, is spent on it; but once a minute. */
const SHARE = 0.05;
const LONGEST_PAUSE = 60_000;
/** An older answer says nothing any more. Milliseconds. */
const STALE = 120_000;

const failures = counter('gatehouse_reading_failures_total', 'Readings for metrics that failed', ['reading']);

/**
 * Something that has to be asked of a database or a store. However often metrics are scraped, it is asked every ten seconds
 * at most, by one at a time; a scrape waits half a second for it and no longer, so that metrics are there when they are
 * needed most: while what is asked is away.
 */
export class Reading<Value> {
  private last: { readonly value: Value; readonly at: number } | null = null;
  private running: Promise<void> | null = null;
  private askAt = 0;
  private readonly failed;

  constructor(
    name: string,
    private readonly ask: () => Promise<Value>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.failed = failures.of({ reading: name });
  }

  /** The newest answer; null when there is none of the last two minutes. */
  async current(): Promise<Value | null> {
    if (this.now() >= this.askAt) this.running ??= this.refresh();
    if (this.running) await isDoneWithin(PATIENCE, this.running);
    return this.last && this.now() - this.last.at <= STALE ? this.last.value : null;
  }

  /** Never rejects. */
  private async refresh(): Promise<void> {
    const begin = this.now();
    this.askAt = begin + KEEP;
    try {
      this.last = { value: await this.ask(), at: begin };
      const pause = Math.min((this.now() - begin) / SHARE, LONGEST_PAUSE);
      this.askAt = Math.max(this.askAt, this.now() + pause);
    } catch {
      // Who logs the failures of the database and the store logs these as well. It may be back any moment.
      this.failed.inc();
    }
    this.running = null;
  }
}
