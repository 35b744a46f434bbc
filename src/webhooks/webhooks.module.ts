import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AttemptsService } from './attempts.service.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { DeliveriesService } from './deliveries.service.js';
import { DueDeliveries } from './due-deliveries.js';
import { EventTypes } from './event-types.js';
import { Sender } from './sender.js';
import { Webhook } from './webhook.entity.js';
import { WebhookDelivery } from './webhook-delivery.entity.js';
import { WebhookHealthService } from './webhook-health.service.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksRepository } from './webhooks.repository.js';
import { WebhooksService } from './webhooks.service.js';

const management = [WebhooksService, WebhooksRepository, WebhookSecrets];
const delivery = [
  DeliveriesService,
  DeliveriesRepository,
  AttemptsService,
  Sender,
  WebhookHealthService,
  DueDeliveries,
];

@Module({})
export class WebhooksModule {
  /** `declaredEvents`: the types of all events that are published. */
  static register(declaredEvents: readonly string[]): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [TypeOrmModule.forFeature([Webhook, WebhookDelivery])],
      controllers: [WebhooksController, DeliveriesController],
      providers: [
        ...management,
        ...delivery,
        { provide: EventTypes, useValue: new EventTypes(declaredEvents) },
      ],
    };
  }
}
