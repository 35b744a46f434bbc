/** Where the pages are, below PUBLIC_BASE_URL. Links in messages lead there: they stay as they are. */
export const PAGE_PATHS = {
  /** To ask for a link. */
  forgot: 'recovery',
  /** To set a password with a link, for each purpose. */
  recovery: 'recovery/password',
  invitation: 'invitation',
} as const;
