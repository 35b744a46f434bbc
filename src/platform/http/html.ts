import { escapeHtml } from '../../common/escape-html.js';

/** A piece of HTML that may be sent as it is. Made by {@link markup} and {@link trustedHtml} only. */
export class Html {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: pieces as they are, text escaped, lists one after the other, and nothing. */
export type Piece = Html | string | number | false | null | undefined | readonly Piece[];

/**
 * Template tag (not called `html`, whose templates formatters lay out anew): what is put in is text unless it is a piece of
 * HTML itself. It holds for elements and for attributes in quotes, not for scripts, styles and addresses: those are
 * constants of the code.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(parts.reduce((page, part, index) => page + render(values[index - 1]) + part));
}

/** For constants of the code, such as a style sheet: never for anything that comes from outside. */
export function trustedHtml(constant: string): Html {
  return new Html(constant);
}

function render(piece: Piece): string {
  if (piece instanceof Html) return piece.toString();
  if (Array.isArray(piece)) return piece.map(render).join('');
  if (piece === undefined || piece === null || piece === false) return '';
  return escapeHtml(String(piece));
}
