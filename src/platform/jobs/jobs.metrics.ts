import { counter, gauge, histogram, LONG } from '../metrics/instruments.js';

export const jobs = gauge(
  'gatehouse_jobs',
  'Jobs by queue and state; every process that works on them tells of all',
  ['queue', 'state'],
);
/** `failed` is tried again, `dead` is not. */
export const RESULTS = ['done', 'failed', 'dead'] as const;
export const finished = counter('gatehouse_jobs_finished_total', 'Tries at jobs, by what came of them', [
  'job',
  'result',
]);
export const durations = histogram('gatehouse_job_duration_seconds', 'How long a try at a job took', LONG, [
  'job',
]);
/** A job whose name nobody here knows. */
export const UNKNOWN = 'unknown';
