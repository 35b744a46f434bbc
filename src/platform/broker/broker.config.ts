import { defineSection } from '../config/section.js';
import { rabbitUrl } from '../config/variables.js';

/** RabbitMQ. */
export abstract class BrokerConfig {
  /** Null: events go to webhooks and our own handlers only. */
  abstract readonly url: string | null;
}

export const brokerSection = defineSection(BrokerConfig, {
  variables: { RABBITMQ_URL: rabbitUrl.optional() },
  read: (env) => ({ url: env.RABBITMQ_URL ?? null }),
});
