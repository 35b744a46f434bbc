import { stripVTControlCharacters } from 'node:util';
import { platformConfig } from '../../../test/support/environment.js';
import { createLogger } from './logger.js';
import { readableLog } from './readable-log.js';

/** What people see of what `write` logs. */
function capture(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const chunks: string[] = [];
  const output = readableLog({ write: (chunk) => void chunks.push(chunk) });
  write(createLogger(platformConfig({ LOG_LEVEL: 'trace' }), output));
  const text = chunks.join('');
  expect(text).not.toContain('\u001b[2J');
  return stripVTControlCharacters(text);
}

describe('F14: the log on a terminal, in development', () => {
  it('is a line of time, level, context, message and what else there is', () => {
    const text = capture((logger) =>
      logger.warn({ context: 'Users', userId: 7, req: { url: '/x' } }, 'first'),
    );
    expect(text).toMatch(
      /^\d\d:\d\d:\d\d {2}WARN {3}Users {2}first {2}\{ userId: 7, req: \{ url: '\/x' \} \}\n$/,
    );
  });

  it('shows the stack of an error and of its causes below it', () => {
    const inner = Object.assign(new RangeError('inner'), { code: '23505' });
    const text = capture((logger) =>
      logger.error({ err: new TypeError('outer', { cause: inner }) }, 'it failed'),
    );
    expect(text).toMatch(/ERROR {2}it failed\n {4}TypeError: outer\n {8}at .*readable-log\.spec\.ts/);
    expect(text).toMatch(/ {4}caused by\n {4}RangeError: inner\n {8}at /);
    expect(text).toContain("    { code: '23505' }\n");
  });

  it('S95: lets nobody forge a line or steer the terminal', () => {
    const attack = 'x\r\n12:00:00  INFO   forged\u001b[2J\u009b2J\u2028\u202e\u0000';
    const text = capture((logger) => {
      logger.info({ path: attack, [attack]: 1, context: attack }, attack);
      logger.error({ err: new Error(attack) }, 'it failed');
    });
    expect(text).not.toMatch(/[^\P{C}\n]|[\u2028]/u);
    expect(text.split('\n').filter((line) => /^\d\d:\d\d:\d\d /.test(line))).toHaveLength(2);
    expect(text).toContain('x\\u{d}\\u{a}12:00:00');
  });
});
