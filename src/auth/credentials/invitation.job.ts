import { defineJob } from '../../platform/jobs/job.js';
import { MESSAGES } from '../../platform/jobs/queues.js';
import type { ResetPurpose } from './password-reset.entity.js';

/** An administrator has a user set a password. */
export const SEND_INVITATION = defineJob<{ userId: number; identityId: number; purpose: ResetPurpose }>(
  'auth.send_invitation',
  MESSAGES,
);
