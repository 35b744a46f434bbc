import { counter } from './instruments.js';

/** By the name of the limit, which is one of ours; of some, a further one decides. */
export const throttled = counter(
  'gatehouse_throttled_total',
  'Attempts and requests beyond a limit, by limit',
  ['limit'],
);
