const { PATH, NODE_COMPILE_CACHE } = process.env;

/** What a process that a test starts has of this one's environment: where programs are, and what is compiled already. */
export const INHERITED = { PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) };
