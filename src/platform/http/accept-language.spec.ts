import { preferredLanguage } from './accept-language.js';

describe('preferredLanguage', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['DE-at', 'de'],
    ['de-CH,de;q=0.9,en;q=0.8', 'de'],
    ['en;q=0.5, de;q=0.7', 'de'],
    ['fr, de;q=0.3', 'de'],
    ['fr', 'en'],
    ['*', 'en'],
    ['*, de;q=0.1', 'en'],
    ['de;q=0, en', 'en'],
    ['de;q=none', 'en'],
    ['den', 'en'],
    [',;q=1,;,', 'en'],
    ['de'.padStart(100_000, 'x,'), 'en'],
  ])('reads %p as %s', (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });
});
