import { defineEvent } from '../platform/events/define-event.js';
import type { DisabledReason, Webhook } from './webhook.entity.js';

const aggregate = (id: number) => ({ type: 'webhook', id });

/** The URL is left out: it may hold a token. */
const about = ({ id, eventTypes, isActive }: Webhook) => ({
  aggregate: aggregate(id),
  payload: { id, eventTypes, isActive },
});

export const webhookCreated = defineEvent('webhook.created', 1, about);
export const webhookUpdated = defineEvent('webhook.updated', 1, about);
export const webhookDeleted = defineEvent('webhook.deleted', 1, about);

export const webhookSecretRotated = defineEvent('webhook.secret_rotated', 1, (id: number) => ({
  aggregate: aggregate(id),
  payload: { id },
}));

export const webhookDisabled = defineEvent('webhook.disabled', 1, (id: number, reason: DisabledReason) => ({
  aggregate: aggregate(id),
  payload: { id, reason },
}));
