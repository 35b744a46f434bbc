import { retryAfterOf } from './retry-after.js';

const NOW = Date.UTC(1994, 10, 6, 8, 48, 37);

describe('F24: Retry-After', () => {
  it.each([
    ['120', 120],
    [' 0 ', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 60],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 60],
    ['Sun Nov  6 08:49:37 1994', 60],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
  ])('%s is %s s', (header, seconds) => {
    expect(retryAfterOf(header, NOW)).toBe(seconds);
  });

  it.each([
    undefined,
    '',
    '-5',
    '1.5',
    '1e9',
    'soon',
    '0x10',
    '9'.repeat(400),
    'Sun, 99 Foo 1994 08:49:37 GMT',
  ])('%s asks for nothing', (header) => {
    expect(retryAfterOf(header, NOW)).toBeNull();
  });

  it('given twice is the first', () => {
    expect(retryAfterOf(['7', '9'], NOW)).toBe(7);
  });
});
