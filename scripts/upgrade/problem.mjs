/** What keeps the upgrade from going on. The message says what to do. */
export class Problem extends Error {}
