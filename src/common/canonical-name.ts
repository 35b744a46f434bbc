/** Takes no room: zero-width and soft characters, fillers, variation selectors, tags; and the blank of Braille. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/gu;

/**
 * Letters of Greek and Cyrillic, in lower case, that look like a Latin one in lower or upper case (from the confusables
 * of Unicode Technical Standard 39). Within one alphabet no two are taken for the same.
 */
const LOOK_ALIKES = new Map(
  [
    ['αβεζηικμνορτυχϳϲ', 'abezhikmnoptyxjc'],
    ['авсенкмортухѕіјԛԝѵӏԁһү', 'abcehkmoptyxsijqwvldhy'],
    ['ɑɡɩ', 'agi'],
  ].flatMap(([from = '', to = '']) => Array.from(from, (letter, at) => [letter, to.charAt(at)] as const)),
);
const LOOKS_LATIN = new RegExp(`[${[...LOOK_ALIKES.keys()].join('')}]`, 'gu');

/**
 * What a name comes down to when names are compared: two that read alike are one. Not for people to see. Compatibility
 * forms are folded (NFKC: full-width letters, ligatures), so are case, runs of spaces and look-alikes from Greek and
 * Cyrillic; what is invisible is left out. By the rules of Unicode alone, whatever the locale of process and database,
 * which compares the outcome byte by byte.
 */
export function canonicalName(name: string): string {
  // Twice: what folding makes can take another round, and a third would change nothing.
  return fold(fold(name)).replace(LOOKS_LATIN, (letter) => LOOK_ALIKES.get(letter) ?? letter);
}

/** Upper case before lower: a ß is SS then, and a dotless ı is an I. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .trim();
}

/**
 * Letters of ASCII in lower case, nothing else: for what has no others, e-mail addresses and usernames. Any other mapping
 * would take the Kelvin sign, say, for a `k`, and its name for a look-alike's.
 */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
