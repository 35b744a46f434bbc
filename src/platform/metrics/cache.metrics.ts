import { type Count, counter } from './instruments.js';

const requests = counter(
  'gatehouse_cache_requests_total',
  'Looked for in a cache of this process, and found or not',
  ['cache', 'result'],
);

/** The series of one cache, to be kept beside it. */
export function cacheCounts(cache: string): { readonly hits: Count; readonly misses: Count } {
  return { hits: requests.of({ cache, result: 'hit' }), misses: requests.of({ cache, result: 'miss' }) };
}
