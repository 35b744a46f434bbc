import { gauge, histogram, SECONDS } from '../metrics/instruments.js';

export const connections = gauge(
  'gatehouse_database_connections',
  'Open connections to Postgres, by pool and whether somebody holds them',
  ['pool', 'state'],
);
export const mostConnections = gauge(
  'gatehouse_database_connections_max',
  'Connections to Postgres that a pool opens at most',
  ['pool'],
);
export const waiting = gauge('gatehouse_database_waiting', 'Who waits for a connection to Postgres', [
  'pool',
]);
export const waits = histogram(
  'gatehouse_database_wait_seconds',
  'How long those waited who found no connection free, also for one to be opened',
  SECONDS,
  ['pool'],
);
