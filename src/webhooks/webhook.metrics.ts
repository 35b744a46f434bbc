import { counter, histogram, SECONDS } from '../platform/metrics/instruments.js';

/** `outcome` is `succeeded`, or why it failed. */
export const deliveries = counter(
  'gatehouse_webhook_deliveries_total',
  'Attempts at deliveries to webhooks',
  ['outcome'],
);
export const durations = histogram(
  'gatehouse_webhook_delivery_duration_seconds',
  'How long a receiver took to answer, or not to',
  SECONDS,
).of({});
deliveries.of({ outcome: 'succeeded' });
