/** Control, format and unassigned characters, and line ends: what steers a terminal, hides, or begins a line. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text that people or clients have chosen, to be shown on a terminal, in one line: `\u{1b}` stands for an escape code. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
