export const ACCESS_RULE = Symbol('access rule');
export const RECENT_SIGN_IN = Symbol('needs a recent sign-in');

/** Who may call a route. */
export type AccessRule =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'privileges'; readonly names: readonly string[] };
