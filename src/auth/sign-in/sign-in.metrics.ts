import { counter } from '../../platform/metrics/instruments.js';

/** `result` is `success`, or the code of the error it was refused with. */
export const logins = counter('gatehouse_logins_total', 'Sign-ins, by how and what came of them', [
  'method',
  'result',
]);

// There from the start, so that the first of them is seen as an increase.
for (const method of ['password', 'otp', 'oauth']) logins.of({ method, result: 'success' });
