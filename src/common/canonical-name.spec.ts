import { canonicalName, lowerAscii } from './canonical-name.js';

describe('canonicalName', () => {
  it.each([
    ['upper and lower case', 'Reporter', 'REPORTER', 'reporter'],
    ['capital and dotless i, whatever Turkish makes of them', 'IDARI', 'idari', '\u0131dar\u0131'],
    ['letters with marks, composed or not', 'Dépôt', 'De\u0301po\u0302t', 'DÉPÔT'],
    ['sharp s', 'Straße', 'STRASSE', 'strasse'],
    ['final and medial sigma', 'ΟΔΟΣ', 'οδος', 'οδοσ'],
    ['spaces', 'Night shift', 'night  shift', 'Night\u00a0shift', ' NIGHT\u2003SHIFT '],
  ])('F2: takes for one: %s', (_, ...names) => {
    expect(new Set(names.map(canonicalName)).size).toBe(1);
  });

  it.each([
    ['zero-width', 'Super\u200bAdmin', '\ufeffSuperAdmin', 'SuperAdmin\u2060', 'S\u200duperAdmin'],
    [
      'soft hyphens, fillers and marks of direction',
      'Super\u00adAdmin',
      'SuperAdmin\u3164',
      '\u200eSuperAdmin',
    ],
    ['variation selectors and tags', 'SuperAdmin\ufe0f', 'SuperAdmin\u{e0041}'],
    ['full-width and mathematical', 'ＳｕｐｅｒＡｄｍｉｎ', '\u{1d5e6}uperAdmin'],
    ['Cyrillic', 'Ѕuреr\u0410dmіn', 'superаdmin'],
    ['Greek', 'Super\u0391dmin', 'Super\u0391d\u039c\u0399\u039d'],
  ])('A18: sees SuperAdmin behind %s', (_, ...names) => {
    expect(names.map(canonicalName)).toEqual(names.map(() => 'superadmin'));
  });

  it.each([
    ['Admin', 'Admín'],
    ['Admin', 'Admins'],
    ['Tier 1', 'Tier l'],
    ['Night shift', 'Nightshift'],
    ['Вася', 'Васа'],
    ['users.read', 'users_read'],
  ])('keeps apart what reads differently: %s and %s', (one, other) => {
    expect(canonicalName(one)).not.toBe(canonicalName(other));
  });

  it('F2: comes down to the same in either case and the second time, for every letter of Unicode', () => {
    const odd: string[] = [];
    for (let code = 0; code <= 0x1ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const name = `a${String.fromCodePoint(code)}b`;
      const key = canonicalName(name);
      const others = [key, name.toUpperCase(), name.toLowerCase()].map(canonicalName);
      if (others.some((other) => other !== key)) odd.push(code.toString(16));
    }
    expect(odd).toEqual([]);
  });
});

describe('lowerAscii', () => {
  it('F2, S87: folds A to Z and nothing else', () => {
    expect(lowerAscii('IDA.Lovelace@EXAMPLE.com')).toBe('ida.lovelace@example.com');
    expect(lowerAscii('\u212aATE \u0130\u0131 ÄÖ')).toBe('\u212aate \u0130\u0131 ÄÖ');
  });
});
