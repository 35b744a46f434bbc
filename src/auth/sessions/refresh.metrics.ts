import { counter } from '../../platform/metrics/instruments.js';

const refreshes = counter(
  'gatehouse_refreshes_total',
  'Refresh tokens that were presented: exchanged, answered with the same successor again, refused, or used a second time',
  ['result'],
);
export const exchanged = refreshes.of({ result: 'exchanged' });
export const repeated = refreshes.of({ result: 'repeated' });
export const reused = refreshes.of({ result: 'reused' });
export const refused = refreshes.of({ result: 'refused' });
