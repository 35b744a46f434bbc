import { defineJob } from '../../platform/jobs/job.js';
import { MESSAGES } from '../../platform/jobs/queues.js';
import type { Asker } from '../../messages/send-budget.service.js';

/** Somebody says they forgot a password. Whether there is such an account is found out in the job. */
export const SEND_RECOVERY = defineJob<{ identifier: string; asker?: Asker }>('auth.send_recovery', MESSAGES);
