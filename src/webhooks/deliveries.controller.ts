import { Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePrivileges } from '../access/access.decorators.js';
import type { Actor } from '../access/actor.js';
import { Idempotent } from '../access/idempotent.decorator.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { InvalidCursor } from '../platform/http/http.errors.js';
import { IdParam, MAX_BIG_ID } from '../platform/http/id-param.decorator.js';
import { Paging } from '../platform/http/list.query.js';
import { DeliveriesService } from './deliveries.service.js';
import { DeliveryPage, DeliveryResponse } from './delivery.response.js';
import { DELIVERY_SORT_FIELDS, ListDeliveriesQuery } from './list-webhooks.query.js';
import { DeliveryInProgress, DeliveryNotFound, WebhookInactive, WebhookNotFound } from './webhook.errors.js';
import { webhooksPrivileges } from './webhook.privileges.js';

@ApiTags('Webhooks')
@Controller('webhooks')
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveriesService,
    private readonly paging: Paging,
  ) {}

  @Post(':id/test')
  @RequirePrivileges(webhooksPrivileges.manage)
  @Idempotent()
  @Endpoint({
    id: 'testWebhook',
    summary: 'Send a test event to a webhook',
    description:
      'A `webhook.test`, whatever types it asks for. How it went is in the list of its deliveries.',
    status: 202,
    response: DeliveryResponse,
    errors: [WebhookNotFound, WebhookInactive],
  })
  async test(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<DeliveryResponse> {
    return DeliveryResponse.from(await this.deliveries.test(id, actor));
  }

  @Get(':id/deliveries')
  @RequirePrivileges(webhooksPrivileges.manage)
  @Endpoint({
    id: 'listWebhookDeliveries',
    summary: 'See what was sent to a webhook',
    description: 'Newest first. Kept for 30 days; of the answers the status only.',
    response: DeliveryPage,
    errors: [WebhookNotFound, InvalidCursor],
  })
  async list(@IdParam() id: number, @Query() query: ListDeliveriesQuery): Promise<DeliveryPage> {
    const { state } = query;
    const scope = { list: 'deliveries', webhook: id, state };
    const request = this.paging.read(query, DELIVERY_SORT_FIELDS, { field: 'id', descending: true }, scope);
    const page = await this.deliveries.list(id, state, request);
    return this.paging.write(page, DeliveryResponse.from, request, scope);
  }

  @Post('deliveries/:id/replay')
  @RequirePrivileges(webhooksPrivileges.manage)
  @Idempotent()
  @Endpoint({
    id: 'replayDelivery',
    summary: 'Send an event again',
    description:
      'Whatever came of it before, with the whole schedule of attempts, under the same `webhook-id`.',
    status: 202,
    response: DeliveryResponse,
    errors: [DeliveryNotFound, WebhookInactive, DeliveryInProgress],
  })
  async replay(
    @IdParam('id', MAX_BIG_ID) id: number,
    @CurrentActor() actor: Actor,
  ): Promise<DeliveryResponse> {
    return DeliveryResponse.from(await this.deliveries.replay(id, actor));
  }
}
