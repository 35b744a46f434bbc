import { counter } from '../platform/metrics/instruments.js';

/** Each try counts: what failed is tried again. */
export const messages = counter(
  'gatehouse_messages_total',
  'Messages to people that were handed to a provider',
  ['channel', 'kind', 'result'],
);
