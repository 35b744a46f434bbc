import { defineError } from '../../common/app-error.js';

/** One answer for unknown, wrong, used, out of date, meant for something else, and locked. */
export class InvalidCode extends defineError({
  code: 'invalid_code',
  status: 400,
  title: 'This code is wrong or no longer valid. Try again, or ask for a new one.',
}) {}
