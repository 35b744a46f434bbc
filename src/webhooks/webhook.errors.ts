import { defineError } from '../common/app-error.js';

export class WebhookNotFound extends defineError({
  code: 'webhook_not_found',
  status: 404,
  title: 'There is no such webhook.',
}) {}

export class WebhookInactive extends defineError({
  code: 'webhook_inactive',
  status: 409,
  title: 'The webhook is switched off. Switch it on first.',
}) {}

export class DeliveryNotFound extends defineError({
  code: 'delivery_not_found',
  status: 404,
  title: 'There is no such delivery.',
}) {}

export class DeliveryInProgress extends defineError({
  code: 'delivery_in_progress',
  status: 409,
  title: 'This delivery is being made right now. Look at its outcome first.',
}) {}
