import { createWriteStream, fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isDoneWithin } from '../../common/within.js';
import { counter } from '../metrics/instruments.js';

const droppedLines = counter(
  'gatehouse_log_lines_dropped_total',
  'Lines of the log that could not be written',
).of({});

/** What may wait to be written; lines beyond it are dropped. Bytes. */
const BOUND = 4 * 1024 * 1024;
/** How long a stop waits for what has not been written. Milliseconds. */
const FLUSH_WITHIN = 1_000;

/**
 * Where the log goes: standard output, never waited for. A full disk, a reader that does not read and one that is gone cost
 * lines, which are counted and told as soon as something can be written again; they cost no request and no stop.
 */
export class LogOutput {
  /** Lines that were never written, since the start. */
  dropped = 0;
  private untold = 0;
  private output: Writable | null = null;

  constructor(
    private readonly open: () => Writable = openStandardOutput,
    private readonly bound = BOUND,
  ) {}

  /** Takes a line with its end. */
  write(line: string): void {
    const output = this.current();
    if (!output || output.writableLength + line.length > this.bound) {
      this.drop();
      return;
    }
    if (this.untold > 0) this.tell(output, this.untold);
    this.gather(output);
    output.write(line, (error) => {
      if (error) this.drop();
    });
  }

  /** Resolves when everything is written, or after a second. */
  async flush(): Promise<void> {
    const { output } = this;
    if (!output || output.destroyed || output.writableLength === 0) return;
    // Written after all the others, or refused.
    const written = new Promise<void>((resolve) => {
      output.write('', () => resolve());
    });
    await isDoneWithin(FLUSH_WITHIN, written);
  }

  /** What is written within one turn of the event loop goes out by one call of the system, which costs more than the line. */
  private gather(output: Writable): void {
    if (output.writableCorked > 0) return;
    output.cork();
    const release = () => output.uncork();
    // A process that ends before the next turn, by a crash for one, still writes to a pipe or a terminal.
    process.once('exit', release);
    setImmediate(() => {
      process.off('exit', release);
      release();
    });
  }

  /** Null when nobody reads any more. A file is opened anew after a failure: the disk may have room again. */
  private current(): Writable | null {
    if (!this.output || this.output.destroyed) {
      const opened = this.open();
      // The lines themselves say that they were not written.
      if (opened !== this.output) opened.on('error', () => undefined);
      this.output = opened;
    }
    return this.output.destroyed ? null : this.output;
  }

  private drop(): void {
    this.dropped += 1;
    droppedLines.inc();
    this.untold += 1;
  }

  private tell(output: Writable, lines: number): void {
    this.untold = 0;
    const told = {
      level: 40,
      time: Date.now(),
      dropped: lines,
      msg: 'Lines of the log could not be written',
    };
    output.write(`${JSON.stringify(told)}\n`, (error) => {
      if (error) this.untold += lines;
    });
  }
}

/** Node writes to pipes and terminals without waiting, but to files it waits. */
function openStandardOutput(): Writable {
  const kind = fstatSync(process.stdout.fd);
  const isFile = !process.stdout.isTTY && !kind.isFIFO() && !kind.isSocket();
  return isFile ? createWriteStream('', { fd: process.stdout.fd, autoClose: false }) : process.stdout;
}

/** The log of this process. */
export const logOutput = new LogOutput();
