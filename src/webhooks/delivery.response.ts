import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '../platform/http/page.response.js';
import { DELIVERY_STATES, type DeliveryState, type WebhookDelivery } from './webhook-delivery.entity.js';

const TIME = { type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' } as const;

export class DeliveryResponse {
  @ApiProperty({ type: 'integer', example: 1201 })
  id!: number;

  @ApiProperty({ type: 'integer', example: 3 })
  webhookId!: number;

  @ApiProperty({
    type: 'string',
    format: 'uuid',
    example: '0197b1c2-5f0e-7c3a-9d56-3c1f0a6d2b11',
    description: 'The `webhook-id` it is sent with.',
  })
  eventId!: string;

  @ApiProperty({ type: 'string', maxLength: 64, example: 'user.created' })
  eventType!: string;

  @ApiProperty({
    enum: DELIVERY_STATES,
    enumName: 'DeliveryState',
    description: '`pending`: another attempt follows; `failed`: none does, unless it is replayed.',
  })
  state!: DeliveryState;

  @ApiProperty({ type: 'integer', example: 1, description: 'Attempts begun.' })
  attempts!: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 204,
    description: 'HTTP status of the last answer.',
  })
  lastStatus!: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 87,
    description: 'Milliseconds the last attempt took.',
  })
  lastLatency!: number | null;

  @ApiProperty({
    type: 'string',
    maxLength: 32,
    nullable: true,
    example: null,
    description:
      'Why the last attempt failed: refused_url, refused_address, unresolved, unreachable, tls, timeout, broken, ' +
      'redirect, status, webhook_inactive, interrupted or internal.',
  })
  lastError!: string | null;

  @ApiProperty({ ...TIME, nullable: true, example: null })
  nextAttemptAt!: string | null;

  @ApiProperty(TIME)
  createdAt!: string;

  @ApiProperty({ ...TIME, nullable: true })
  finishedAt!: string | null;

  static from(delivery: WebhookDelivery): DeliveryResponse {
    const { webhookId, eventId, eventType, state, attempts, lastStatus, lastLatency, lastError } = delivery;
    return {
      id: Number(delivery.id),
      webhookId,
      eventId,
      eventType,
      state,
      attempts,
      lastStatus,
      lastLatency,
      lastError,
      nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
      createdAt: delivery.createdAt.toISOString(),
      finishedAt: delivery.finishedAt?.toISOString() ?? null,
    };
  }
}

export class DeliveryPage extends PageOf(DeliveryResponse) {}
