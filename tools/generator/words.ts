import pluralize from 'pluralize';

// What the library has wrong.
pluralize.addIrregularRule('cache', 'caches');
pluralize.addIrregularRule('canvas', 'canvases');

/** Of several words, `purchase-orders`, the last is the noun. */
const ofTheNoun = (words: string, change: (word: string) => string): string =>
  words.replace(/[^-]*$/, change);

export const singularOf = (words: string): string => ofTheNoun(words, (word) => pluralize.singular(word));
export const pluralOf = (words: string): string => ofTheNoun(words, (word) => pluralize.plural(word));
export const isPlural = (words: string): boolean => pluralize.isPlural(words.split('-').at(-1) ?? '');

/** `purchase-order` as `PurchaseOrder`. */
export function pascal(words: string): string {
  return words.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `purchase-order` as `purchaseOrder`. */
export function camel(words: string): string {
  return words.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `dueOn` as `due_on`: as the naming strategy of the entities has it. */
export function snake(name: string): string {
  return name
    .replaceAll('-', '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** `dueOn` as `due on`, `purchase-order` as `purchase order`. */
export function spaced(name: string): string {
  return snake(name).replaceAll('_', ' ');
}

/** With its indefinite article: `an invoice`, `a user`. */
export function withArticle(words: string): string {
  return `${/^(?:[aio]|e(?!u)|u(?!s|ni))/.test(words) ? 'an' : 'a'} ${words}`;
}

export function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
