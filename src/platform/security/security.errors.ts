import { defineError } from '../../common/app-error.js';

export class Overloaded extends defineError({
  code: 'overloaded',
  status: 503,
  title: 'Too many sign-ins at once. Try again in a moment.',
}) {
  constructor() {
    super(undefined, { headers: { 'Retry-After': '1' } });
  }
}
