import { EnumField, SortField } from '../platform/http/fields.js';
import { ListQuery } from '../platform/http/list.query.js';
import { DELIVERY_STATES, type DeliveryState } from './webhook-delivery.entity.js';

export const WEBHOOK_SORT_FIELDS = ['id', 'createdAt'] as const;
export const DELIVERY_SORT_FIELDS = ['id'] as const;

export class ListWebhooksQuery extends ListQuery {
  @SortField(WEBHOOK_SORT_FIELDS, 'WebhookSort')
  declare sort?: string;
}

export class ListDeliveriesQuery extends ListQuery {
  @SortField(DELIVERY_SORT_FIELDS, 'DeliverySort')
  declare sort?: string;

  @EnumField({ values: DELIVERY_STATES, name: 'DeliveryState', optional: true })
  state?: DeliveryState;
}
