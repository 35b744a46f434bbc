import { QueryFailedError } from 'typeorm';
import { platformConfig } from '../../../test/support/environment.js';
import { createLogger, PinoNestLogger } from './logger.js';

type Line = Record<string, unknown> & { msg: string; level: number };

/** What `write` logs: the raw output and its lines. */
function capture(level: string, write: (logger: ReturnType<typeof createLogger>) => void) {
  const chunks: string[] = [];
  write(createLogger(platformConfig({ LOG_LEVEL: level }), { write: (chunk) => void chunks.push(chunk) }));
  const output = chunks.join('');
  const lines = output.split('\n').filter(Boolean);
  return { output, lines: lines.map((line) => JSON.parse(line) as Line) };
}

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

describe('the log', () => {
  it('is JSON, one line per entry', () => {
    const { lines } = capture('info', (logger) => {
      logger.info({ userId: 7 }, 'first');
      logger.debug('unheard');
      logger.error('second');
    });
    expect(lines).toMatchObject([
      { level: 30, msg: 'first', userId: 7 },
      { level: 50, msg: 'second' },
    ]);
    expect(lines).toHaveLength(2);
  });

  it('S95: escapes line breaks and terminal codes, so that nobody forges a line', () => {
    const attack = 'x\r\n{"level":30,"msg":"forged"}\u001b[2J\u2028\u0000';
    const { output, lines } = capture('info', (logger) => {
      logger.info({ path: attack, [attack]: 1 }, attack);
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.msg).toBe(attack);
    expect(
      output
        .trimEnd()
        .split('')
        .filter((character) => character < ' '),
    ).toEqual([]);
  });

  it('S95: removes credentials wherever headers are logged', () => {
    const headers = { authorization: 'Bearer cAnArY', cookie: 'sid=cAnArY', accept: '*/*' };
    const { output, lines } = capture('info', (logger) => {
      logger.info({ headers });
      logger.info({ req: { headers } });
    });
    expect(output).not.toContain('cAnArY');
    expect(lines).toMatchObject([{ headers: { accept: '*/*' } }, { req: { headers: { accept: '*/*' } } }]);
  });

  it('tells an error with its type, message, stack and cause', () => {
    const { lines } = capture('error', (logger) => {
      logger.error({ err: new TypeError('outer', { cause: new RangeError('inner') }) }, 'it failed');
    });
    expect(lines).toMatchObject([
      {
        msg: 'it failed',
        err: { type: 'TypeError', message: 'outer', cause: { type: 'RangeError', message: 'inner' } },
      },
    ]);
    expect(lines[0]).toHaveProperty('err.stack', expect.stringContaining('logger.spec'));
  });

  it('S95: tells of a failed statement which it was, not what it carried', () => {
    const driverError = Object.assign(
      new Error('new row violates check constraint "ck_user_auth_username"'),
      {
        code: '23514',
        constraint: 'ck_user_auth_username',
        detail: 'Failing row contains (1, 7, {hmac-sha256}$2b$12$cAnArY).',
        where: 'COPY cAnArY',
      },
    );
    const failed = new QueryFailedError(
      'INSERT INTO user_auth VALUES ($1)',
      ['{hmac-sha256}$2b$12$cAnArY'],
      driverError,
    );
    const { output, lines } = capture('error', (logger) => {
      logger.error({ err: failed }, 'internal_error');
      logger.error({ err: new Error('outer', { cause: failed }) }, 'internal_error');
      new PinoNestLogger(logger).error('A step failed', failed);
    });
    expect(lines).toMatchObject([
      { err: { type: 'QueryFailedError', code: '23514', constraint: 'ck_user_auth_username' } },
      { err: { message: expect.stringContaining('outer'), cause: { code: '23514' } } },
      { err: { code: '23514', query: 'INSERT INTO user_auth VALUES ($1)' } },
    ]);
    expect(output).not.toContain('cAnArY');
  });
});

describe('the logger of Nest', () => {
  it.each([
    ['log', 'info'],
    ['error', 'error'],
    ['warn', 'warn'],
    ['debug', 'debug'],
    ['verbose', 'trace'],
    ['fatal', 'fatal'],
  ] as const)('writes %s as %s, with the context', (method, level) => {
    const { lines } = capture('trace', (logger) => new PinoNestLogger(logger)[method]('text', 'Users'));
    expect(lines).toMatchObject([{ level: LEVELS[level], msg: 'text', context: 'Users' }]);
  });

  it('keeps what Nest tells of its own start for debugging', () => {
    const { lines } = capture('debug', (logger) => {
      new PinoNestLogger(logger).log('Mapped {/api/v1/users, GET} route', 'RouterExplorer');
    });
    expect(lines).toMatchObject([{ level: LEVELS.debug, context: 'RouterExplorer' }]);
  });

  it('logs an error whether it comes as the message or behind it', () => {
    const { lines } = capture('trace', (logger) => {
      const nest = new PinoNestLogger(logger);
      nest.error(new TypeError('boom'), 'Users');
      nest.error('It failed', new TypeError('boom'), 'Users');
      nest.error('It failed', 'Error: boom\n    at x.ts:1', 'Users');
    });
    expect(lines).toMatchObject([
      { msg: 'boom', context: 'Users', err: { type: 'TypeError' } },
      { msg: 'It failed', context: 'Users', err: { message: 'boom' } },
      { msg: 'It failed', context: 'Users' },
    ]);
  });

  it('logs an object as JSON', () => {
    const { lines } = capture('trace', (logger) => new PinoNestLogger(logger).log({ a: 1 }));
    expect(lines).toMatchObject([{ msg: '{"a":1}' }]);
  });
});
