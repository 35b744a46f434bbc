import { DeliveryTrace1767600111000 } from '../../migrations/users/1767600111000-delivery-trace.js';
import { DeliveryStates1767600101000 } from '../../migrations/users/1767600101000-delivery-states.js';
import { WebhookRest1767484900000 } from '../../migrations/users/1767484900000-webhook-rest.js';
import { Webhooks1767484870000 } from '../../migrations/users/1767484870000-webhooks.js';
import { defineFeature } from '../access/feature.js';
import { eventsOf } from '../platform/events/define-event.js';
import { WEBHOOKS } from './delivery.jobs.js';
import { WebhookDelivery } from './webhook-delivery.entity.js';
import { WebhookHealth } from './webhook-health.entity.js';
import { Webhook } from './webhook.entity.js';
import * as webhookEvents from './webhook.events.js';
import { webhooksPrivileges } from './webhook.privileges.js';
import { webhooksSection } from './webhooks.config.js';
import { WebhooksModule } from './webhooks.module.js';

export const webhooksFeature = defineFeature({
  name: 'webhooks',
  tags: { Webhooks: 'Events sent to receivers of your own, signed, and what became of each.' },
  module: ({ events }) => WebhooksModule.register(events),
  config: [webhooksSection],
  entities: [Webhook, WebhookHealth, WebhookDelivery],
  migrations: [
    Webhooks1767484870000,
    WebhookRest1767484900000,
    DeliveryStates1767600101000,
    DeliveryTrace1767600111000,
  ],
  privileges: Object.values(webhooksPrivileges),
  events: eventsOf(webhookEvents),
  queues: [WEBHOOKS],
});
