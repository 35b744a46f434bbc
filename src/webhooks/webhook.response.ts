import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '../platform/http/page.response.js';
import { DISABLED_REASONS, type DisabledReason, type Webhook } from './webhook.entity.js';

const TIME = { type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' } as const;

export class WebhookResponse {
  @ApiProperty({ type: 'integer', example: 3 })
  id!: number;

  @ApiProperty({ type: 'string', format: 'uri', maxLength: 2048, example: 'https://receiver.example/hooks' })
  url!: string;

  @ApiProperty({ type: 'string', maxLength: 256, nullable: true, example: 'Tells the CRM of new users' })
  description!: string | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: 64 },
    maxItems: 50,
    example: ['user.*', 'role.deleted'],
  })
  eventTypes!: string[];

  @ApiProperty({ type: 'boolean', example: true })
  isActive!: boolean;

  @ApiProperty({
    enum: DISABLED_REASONS,
    enumName: 'WebhookDisabledReason',
    nullable: true,
    example: null,
    description: 'Why the service switched it off: days of failures, or a receiver that answered 410.',
  })
  disabledReason!: DisabledReason | null;

  @ApiProperty({
    ...TIME,
    nullable: true,
    example: null,
    description: 'Until then the secret before the last rotation signs as well.',
  })
  previousSecretEndsAt!: string | null;

  @ApiProperty(TIME)
  createdAt!: string;

  @ApiProperty(TIME)
  updatedAt!: string;

  static from(webhook: Webhook): WebhookResponse {
    const { id, url, description, eventTypes, isActive, disabledReason } = webhook;
    return {
      id,
      url,
      description,
      eventTypes,
      isActive,
      disabledReason,
      previousSecretEndsAt: webhook.previousSecretEndsAt?.toISOString() ?? null,
      createdAt: webhook.createdAt.toISOString(),
      updatedAt: webhook.updatedAt.toISOString(),
    };
  }
}

export class WebhookPage extends PageOf(WebhookResponse) {}

export class WebhookWithSecretResponse extends WebhookResponse {
  @ApiProperty({
    type: 'string',
    maxLength: 128,
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    description: 'Signs what is sent. Shown this once.',
  })
  secret!: string;

  static of({ webhook, secret }: { webhook: Webhook; secret: string }): WebhookWithSecretResponse {
    return Object.assign(WebhookResponse.from(webhook), { secret });
  }
}
