import { defineError } from './app-error.js';

export class RateLimited extends defineError({
  code: 'rate_limited',
  status: 429,
  title: 'Too many requests. Wait as long as Retry-After says.',
}) {
  static after(seconds: number): RateLimited {
    return new RateLimited(undefined, { headers: { 'Retry-After': String(seconds) } });
  }
}
