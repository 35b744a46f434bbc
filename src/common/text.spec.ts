import { cutText } from './text.js';

describe('cutText', () => {
  it('F21: leaves alone what fits', () => {
    expect(cutText('Ada', 3)).toBe('Ada');
    expect(cutText('', 0)).toBe('');
  });

  it.each([
    ['a family', 'ab👨‍👩‍👧‍👦', 12, 'ab'],
    ['a flag', 'ab🇩🇪🇫🇷', 7, 'ab🇩🇪'],
    ['a letter with its marks', 'abe\u0301\u0323d', 4, 'ab'],
    ['an emoji with its colour', 'a👍🏽b', 3, 'a'],
    ['a syllable of Devanagari', 'कक्षि', 4, 'क'],
    ['a pair of surrogates', 'a🔑', 2, 'a'],
    ['a line break', 'a\r\nb', 2, 'a'],
    ['plain letters', 'abcdef', 4, 'abcd'],
  ])('F21: cuts between characters as people see them: %s', (_, text, max, cut) => {
    expect(cutText(text, max)).toBe(cut);
  });

  it('F21: cuts what is longer than any character between code points', () => {
    const heap = `a${'\u0301'.repeat(200)}`;
    expect(cutText(heap, 10)).toBe(heap.slice(0, 10));
    expect(cutText('🔑'.repeat(3) + '\u{1f3fd}'.repeat(99), 5).isWellFormed()).toBe(true);
  });

  it('is quick on what is huge', () => {
    const text = '👨‍👩‍👧‍👦'.repeat(100_000);
    const started = performance.now();
    expect(cutText(text, 256).length).toBeLessThanOrEqual(256);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
