import { GatehouseError } from './errors.js';

/** A page of a list, as all lists of the API have it. */
export interface PageOf<Item> {
  readonly items: readonly Item[];
  /** Null on the last one. */
  readonly nextCursor: string | null;
}

/** Gets the page at a cursor; the first where there is none. */
export type GetPage<Page> = (at: { readonly cursor?: string }) => Promise<{ readonly data: Page }>;

/**
 * All pages of a list, each asked for when the one before has been used.
 *
 * ```ts
 * for await (const page of pagesOf((at) => gatehouse.listRoles({ query: { ...at, limit: 100 } }))) …
 * ```
 */
export async function* pagesOf<Page extends PageOf<unknown>>(
  getPage: GetPage<Page>,
): AsyncGenerator<Page, void> {
  let cursor: string | undefined;
  let remembered: string | undefined;
  for (let count = 1; ; count += 1) {
    const { data }: { readonly data: Page } = await getPage(cursor === undefined ? {} : { cursor });
    const next = data.nextCursor ?? undefined;
    if (next !== undefined && next === remembered)
      throw new GatehouseError(
        'The same page came twice: hand the cursor to the call, as `query: { ...at }`.',
      );
    yield data;
    if (next === undefined) return;
    // Brent's way to find that it would go round for ever: one cursor is remembered, for longer and longer.
    if (Number.isInteger(Math.log2(count))) remembered = next;
    cursor = next;
  }
}

/** All items of a list, over all its pages. */
export async function* itemsOf<Item>(getPage: GetPage<PageOf<Item>>): AsyncGenerator<Item, void> {
  for await (const page of pagesOf(getPage)) yield* page.items;
}
