import { TextField } from '../platform/http/fields.js';
import { EventTypesField } from './webhook-fields.js';

export class CreateWebhookDto {
  @TextField({
    max: 2048,
    example: 'https://receiver.example/hooks',
    description: 'https, port 443 or 8443, a public address.',
  })
  url!: string;

  @TextField({ max: 256, optional: true, nullable: true, example: 'Tells the CRM of new users' })
  description?: string | null;

  @EventTypesField()
  eventTypes!: string[];
}
