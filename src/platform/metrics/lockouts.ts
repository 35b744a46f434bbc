import { counter } from './instruments.js';

const lockouts = counter(
  'gatehouse_lockouts_total',
  'Accounts and codes that were locked, by what was wrong too often',
  ['by'],
);
export const lockedByPassword = lockouts.of({ by: 'password' });
export const lockedByCode = lockouts.of({ by: 'code' });
