import { waitUncounted } from '../../common/uncounted-wait.js';
import { WaitingLine } from '../../common/waiting-line.js';
import { RateLimited } from '../../common/rate-limit.errors.js';

/** Of one key. */
const MOST_WAITING = 500;
/** Milliseconds. */
const LONGEST_WAIT = 5_000;

interface Line {
  running: number;
  readonly waiting: WaitingLine;
}

/** Gives each of many no more than a share of what all of them need; whatever one wants beyond waits its turn. */
export class Turns {
  private readonly lines = new Map<number, Line>();

  constructor(private readonly share: number) {}

  /** Runs `work` when it is its turn among those of `key`, in the order of arrival. @throws RateLimited */
  async take<T>(key: number, work: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key) ?? newLine();
    this.lines.set(key, line);
    if (line.running < this.share) line.running += 1;
    else await waitIn(line);
    try {
      return await work();
    } finally {
      // The turn is handed on, not given back and taken again: nobody slips in between.
      if (!line.waiting.callNext()) line.running -= 1;
      if (line.running === 0) this.lines.delete(key);
    }
  }
}

function newLine(): Line {
  return { running: 0, waiting: new WaitingLine(LONGEST_WAIT, () => RateLimited.after(1)) };
}

function waitIn({ waiting }: Line): Promise<void> {
  if (waiting.length >= MOST_WAITING) throw RateLimited.after(1);
  return waitUncounted(() => waiting.wait());
}
