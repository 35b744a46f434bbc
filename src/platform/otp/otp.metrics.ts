import { counter } from '../metrics/instruments.js';

export const codesSent = counter(
  'gatehouse_otp_sends_total',
  'One-time codes that were to be sent, and what came of it',
  ['channel', 'purpose', 'result'],
);
export const codesChecked = counter('gatehouse_otp_checks_total', 'One-time codes that were presented', [
  'purpose',
  'result',
]);
