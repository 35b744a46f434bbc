import { Writable } from 'node:stream';
import { LogOutput } from './log-output.js';

/** A reader that takes lines only when it is told to. */
class SlowReader extends Writable {
  readonly lines: string[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.lines.push(chunk);
    this.waiting.push(done);
  }

  /** Takes everything that waits. */
  async read(): Promise<void> {
    await new Promise(setImmediate);
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      next();
      await new Promise(setImmediate);
    }
  }
}

/** A disk without room. */
function fullDisk(): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) =>
      done(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })),
  });
}

describe('the output of the log', () => {
  it('A8, S105: keeps so much for a reader that does not read, drops the rest and tells how much that was', async () => {
    const reader = new SlowReader();
    const output = new LogOutput(() => reader, 100);
    for (let line = 0; line < 20; line++) output.write(`line ${line}, 20 bytes\n`);
    expect(output.dropped).toBeGreaterThan(10);
    const kept = 20 - output.dropped;

    await reader.read();
    output.write('after\n');
    await reader.read();

    expect(reader.lines.slice(0, kept).at(-1)).toContain(`line ${kept - 1},`);
    expect(JSON.parse(reader.lines[kept] ?? '')).toMatchObject({ level: 40, dropped: output.dropped });
    expect(reader.lines[kept + 1]).toBe('after\n');
    expect(reader.lines).toHaveLength(kept + 2);
  });

  it('writes all lines of one turn of the event loop at once', async () => {
    const batches: number[] = [];
    const reader = new Writable({
      decodeStrings: false,
      writev: (chunks, done) => {
        batches.push(chunks.length);
        done();
      },
      write: (_chunk, _encoding, done) => {
        batches.push(1);
        done();
      },
    });
    const output = new LogOutput(() => reader);
    for (let line = 0; line < 3; line++) output.write('line\n');
    await new Promise(setImmediate);
    output.write('later\n');
    await output.flush();
    expect(batches[0]).toBe(3);
  });

  it('A8, S105: writes to no reader that is gone', async () => {
    const reader = new SlowReader();
    const output = new LogOutput(() => reader);
    output.write('first\n');
    await new Promise(setImmediate);
    reader.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await new Promise(setImmediate);
    for (let line = 0; line < 5; line++) output.write('line\n');
    expect(reader.lines).toEqual(['first\n']);
    expect(output.dropped).toBeGreaterThanOrEqual(5);
    await output.flush();
  });

  it('A8, S105: tries a full disk again and tells what it did not take', async () => {
    const reader = new SlowReader();
    const disks = [fullDisk(), fullDisk(), reader];
    const output = new LogOutput(() => disks.shift() ?? reader);
    output.write('one\n');
    await new Promise(setImmediate);
    output.write('two\n');
    await new Promise(setImmediate);
    output.write('three\n');
    await reader.read();
    expect(output.dropped).toBe(2);
    expect(JSON.parse(reader.lines[0] ?? '')).toMatchObject({ dropped: 2 });
    expect(reader.lines[1]).toBe('three\n');
  });

  it('A8, S105: lets a stop wait for what is not written yet, a second at most', async () => {
    const reader = new SlowReader();
    const output = new LogOutput(() => reader);
    output.write('last\n');
    const before = performance.now();
    await output.flush();
    expect(performance.now() - before).toBeGreaterThan(900);
    const flushed = output.flush().then(() => reader.lines.join(''));
    await reader.read();
    expect(await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, 500, 'late'))])).toBe(
      'last\n',
    );
  });
});
