import { defineJob } from '../platform/jobs/job.js';
import type { QueueDefinition } from '../platform/jobs/queues.js';

/** Calls to receivers, which may hang. */
export const WEBHOOKS: QueueDefinition = { name: 'webhooks', atOnce: 50 };

/** Makes one attempt at a delivery, if it is due. */
export const DELIVER = defineJob<{ deliveryId: string }>('webhooks.deliver', WEBHOOKS);
