import { METHODS } from 'node:http';
import { type Count, counter, type Distribution, gauge, histogram, SECONDS } from '../metrics/instruments.js';

const requests = counter('gatehouse_http_requests_total', 'Requests that were answered', [
  'method',
  'route',
  'status',
]);
const durations = histogram(
  'gatehouse_http_request_duration_seconds',
  'From the first hook of a request to the last byte of its answer',
  SECONDS,
  ['method', 'route'],
);
export const refused = counter(
  'gatehouse_http_refused_total',
  'Requests refused before anything was looked at, because too many were worked on (REQUESTS_AT_ONCE)',
).of({});
export const inProgress = gauge('gatehouse_http_requests_in_progress', 'Requests that are worked on');

/** Where no route takes the address. */
const UNMATCHED = 'unmatched';
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** The series of one method of one route, found once. */
interface RouteSeries {
  readonly duration: Distribution;
  readonly byStatus: Map<number, Count>;
}

const series = new Map<string, Map<string, RouteSeries>>();

/**
 * Counts an answer, by the pattern of its route, which is one of ours; `ms` is how long it took. Nothing a caller chooses
 * becomes a label.
 */
export function countAnswer(method: string, route: string | undefined, status: number, ms: number): void {
  const { duration, byStatus } = seriesOf(method, route ?? UNMATCHED);
  duration.observe(ms / 1_000);
  const count = byStatus.get(status);
  if (count) count.inc();
  else byStatus.set(status, firstOf(method, route ?? UNMATCHED, status));
}

function seriesOf(method: string, route: string): RouteSeries {
  let byMethod = series.get(route);
  if (!byMethod) series.set(route, (byMethod = new Map()));
  let found = byMethod.get(method);
  if (!found) {
    const duration = durations.of({ method: labelOf(method), route });
    byMethod.set(method, (found = { duration, byStatus: new Map() }));
  }
  return found;
}

function firstOf(method: string, route: string, status: number): Count {
  const count = requests.of({ method: labelOf(method), route, status: String(status) });
  count.inc();
  return count;
}

/** Node itself refuses methods it does not know. */
function labelOf(method: string): string {
  return KNOWN_METHODS.has(method) ? method : 'other';
}
