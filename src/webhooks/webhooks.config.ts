import { defineSection } from '../platform/config/section.js';
import { integer } from '../platform/config/variables.js';

export abstract class WebhooksConfig {
  /** Days of nothing but failures after which a webhook is switched off. */
  abstract readonly disableAfterDays: number;
}

export const webhooksSection = defineSection(WebhooksConfig, {
  variables: { WEBHOOK_DISABLE_AFTER_DAYS: integer(1, 365).default(5) },
  read: (env) => ({ disableAfterDays: env.WEBHOOK_DISABLE_AFTER_DAYS }),
});
