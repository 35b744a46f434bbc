import { defineSection } from '../config/section.js';
import { integer } from '../config/variables.js';

export abstract class OutboxConfig {
  /** How long an event that has been delivered is kept. */
  abstract readonly retentionDays: number;
  /** Whether events go to a message broker as well. */
  abstract readonly alsoBroadcast: boolean;
}

export const outboxSection = defineSection(OutboxConfig, {
  variables: { OUTBOX_RETENTION_DAYS: integer(1, 3650).default(7) },
  read: (env, { set }) => ({
    retentionDays: env.OUTBOX_RETENTION_DAYS,
    alsoBroadcast: set.RABBITMQ_URL !== undefined,
  }),
});
