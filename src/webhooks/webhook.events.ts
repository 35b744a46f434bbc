import type { DomainEvent } from '../platform/events/domain-event.js';
import type { DisabledReason, Webhook } from './webhook.entity.js';

/** Types of the events of this file, for who subscribes. */
export const WEBHOOK_EVENTS = [
  'webhook.created',
  'webhook.updated',
  'webhook.deleted',
  'webhook.secret_rotated',
  'webhook.disabled',
] as const;

/** The URL is left out: it may hold a token. */
const about = (type: string, { id, eventTypes, isActive }: Webhook): DomainEvent => ({
  type,
  version: 1,
  aggregate: { type: 'webhook', id },
  payload: { id, eventTypes, isActive },
});

export const webhookCreated = (webhook: Webhook): DomainEvent => about('webhook.created', webhook);
export const webhookUpdated = (webhook: Webhook): DomainEvent => about('webhook.updated', webhook);
export const webhookDeleted = (webhook: Webhook): DomainEvent => about('webhook.deleted', webhook);

export const webhookSecretRotated = (id: number): DomainEvent => ({
  type: 'webhook.secret_rotated',
  version: 1,
  aggregate: { type: 'webhook', id },
  payload: { id },
});

export const webhookDisabled = (id: number, reason: DisabledReason): DomainEvent => ({
  type: 'webhook.disabled',
  version: 1,
  aggregate: { type: 'webhook', id },
  payload: { id, reason },
});
