import { defineJob } from '../platform/jobs/job.js';

/** Makes one attempt at a delivery, if it is due. */
export const DELIVER = defineJob<{ deliveryId: string }>('webhooks.deliver', 'webhooks');
