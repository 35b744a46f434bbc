import { Body, Controller, Delete, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePrivileges } from '../access/access.decorators.js';
import type { Actor } from '../access/actor.js';
import { Idempotent } from '../access/idempotent.decorator.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { IfMatch, Precondition, SingleResource } from '../platform/http/etag.js';
import { InvalidCursor } from '../platform/http/http.errors.js';
import { IdParam } from '../platform/http/id-param.decorator.js';
import { Paging } from '../platform/http/list.query.js';
import { CreateWebhookDto } from './create-webhook.dto.js';
import { ListWebhooksQuery, WEBHOOK_SORT_FIELDS } from './list-webhooks.query.js';
import { UpdateWebhookDto } from './update-webhook.dto.js';
import { WebhookPage, WebhookResponse, WebhookWithSecretResponse } from './webhook.response.js';
import { WebhookNotFound } from './webhook.errors.js';
import { webhooksPrivileges } from './webhook.privileges.js';
import { WebhooksService } from './webhooks.service.js';

/** A cursor of this list is good for no other. */
const SCOPE = { list: 'webhooks' };

@ApiTags('Webhooks')
@Controller('webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly paging: Paging,
  ) {}

  @Get()
  @RequirePrivileges(webhooksPrivileges.manage)
  @Endpoint({ id: 'listWebhooks', summary: 'List webhooks', response: WebhookPage, errors: [InvalidCursor] })
  async list(@Query() query: ListWebhooksQuery): Promise<WebhookPage> {
    const request = this.paging.read(query, WEBHOOK_SORT_FIELDS, { field: 'id', descending: false }, SCOPE);
    return this.paging.write(await this.webhooks.list(request), WebhookResponse.from, request, SCOPE);
  }

  @Post()
  @RequirePrivileges(webhooksPrivileges.manage)
  @Idempotent()
  @Endpoint({
    id: 'createWebhook',
    summary: 'Create a webhook',
    description:
      'The answer shows its secret, this once. What is sent, and how to check it, is in docs/webhooks.md.',
    status: 201,
    response: WebhookWithSecretResponse,
  })
  async create(
    @Body() input: CreateWebhookDto,
    @CurrentActor() actor: Actor,
  ): Promise<WebhookWithSecretResponse> {
    const { url, eventTypes, description = null } = input;
    const fields = { url, eventTypes, description };
    return WebhookWithSecretResponse.of(await this.webhooks.create(fields, actor));
  }

  @Get(':id')
  @RequirePrivileges(webhooksPrivileges.manage)
  @SingleResource()
  @Endpoint({
    id: 'getWebhook',
    summary: 'Read a webhook',
    response: WebhookResponse,
    errors: [WebhookNotFound],
  })
  async get(@IdParam() id: number): Promise<WebhookResponse> {
    return WebhookResponse.from(await this.webhooks.get(id));
  }

  @Patch(':id')
  @RequirePrivileges(webhooksPrivileges.manage)
  @Endpoint({
    id: 'updateWebhook',
    summary: 'Change a webhook, or switch it off or on',
    response: WebhookResponse,
    errors: [WebhookNotFound],
  })
  async update(
    @IdParam() id: number,
    @Body() input: UpdateWebhookDto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<WebhookResponse> {
    return WebhookResponse.from(
      await this.webhooks.update(id, input, actor, ifMatch.on(WebhookResponse.from)),
    );
  }

  @Delete(':id')
  @RequirePrivileges(webhooksPrivileges.manage)
  @Endpoint({ id: 'deleteWebhook', summary: 'Delete a webhook', status: 204, errors: [WebhookNotFound] })
  async delete(
    @IdParam() id: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.webhooks.delete(id, actor, ifMatch.on(WebhookResponse.from));
  }

  @Post(':id/rotate-secret')
  @RequirePrivileges(webhooksPrivileges.manage)
  @Idempotent()
  @Endpoint({
    id: 'rotateWebhookSecret',
    summary: 'Give a webhook a new secret',
    description: 'The answer shows it, this once. For a day the one before signs as well.',
    response: WebhookWithSecretResponse,
    errors: [WebhookNotFound],
  })
  async rotateSecret(
    @IdParam() id: number,
    @CurrentActor() actor: Actor,
  ): Promise<WebhookWithSecretResponse> {
    return WebhookWithSecretResponse.of(await this.webhooks.rotateSecret(id, actor));
  }
}
