import { defineSection } from '../config/section.js';
import { integer } from '../config/variables.js';

export abstract class JobsConfig {
  /** Tries before a job becomes a dead letter. */
  abstract readonly attempts: number;
}

export const jobsSection = defineSection(JobsConfig, {
  variables: { JOB_ATTEMPTS: integer(1, 25).default(12) },
  read: (env) => ({ attempts: env.JOB_ATTEMPTS }),
});
