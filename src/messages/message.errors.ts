import { defineError } from '../common/app-error.js';

/** To one destination, or by one causer: told to whoever may know, else nothing is sent. */
export class TooManyMessages extends defineError({
  code: 'too_many_messages',
  status: 429,
  title: 'Too many messages were asked for. Wait as long as Retry-After says.',
}) {
  static after(seconds: number): TooManyMessages {
    return new TooManyMessages(undefined, { headers: { 'Retry-After': String(Math.max(1, seconds)) } });
  }
}
