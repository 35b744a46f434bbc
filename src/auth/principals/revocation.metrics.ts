import { gauge, histogram, LONG } from '../../platform/metrics/instruments.js';

export const lag = histogram(
  'gatehouse_revocation_lag_seconds',
  'From the commit of a change of who may what until all instances know of it by Redis; without Redis there is none',
  LONG,
).of({});
export const unpublished = gauge(
  'gatehouse_revocations_unpublished',
  'Changes of who may what that this process could not tell the others of yet',
);
