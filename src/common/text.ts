const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** As much of a text as fits `max` UTF-16 units, cut between two characters as people see them. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const border = graphemes.segment(text.slice(0, max + LONGEST_SEEN)).containing(max)?.index ?? 0;
  // A heap of marks on one letter, longer than what fits: cut between code points.
  return border > 0 ? text.slice(0, border) : text.slice(0, max).replace(/[\ud800-\udbff]$/, '');
}

/** UTF-16 units of the longest character that is looked at as one. */
const LONGEST_SEEN = 64;

/** Has something to see: more than spaces, fillers, zero-width characters and marks without a letter. */
export function isVisible(text: string): boolean {
  return /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{M}\u2800]/u.test(text);
}
