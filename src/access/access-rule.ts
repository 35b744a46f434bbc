export const ACCESS_RULE = Symbol('access rule');

/** Who may call a route. */
export type AccessRule =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'privileges'; readonly names: readonly string[] };
