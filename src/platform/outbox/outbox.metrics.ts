import { gauge, histogram, LONG } from '../metrics/instruments.js';

export const pending = gauge(
  'gatehouse_outbox_pending',
  'Rows of the outbox that wait, by where they go; counted up to 10,000. Every process tells of all',
  ['destination'],
  'max',
);
export const oldest = gauge(
  'gatehouse_outbox_oldest_age_seconds',
  'How long the oldest row of the outbox waits, by where it goes; 0 when none does',
  ['destination'],
  'max',
);
export const lag = histogram(
  'gatehouse_outbox_lag_seconds',
  'From an event to when it was handed over, by where it went',
  LONG,
  ['destination'],
);
