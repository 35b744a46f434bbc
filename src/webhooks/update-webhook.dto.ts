import { PartialType } from '@nestjs/swagger';
import { BooleanField } from '../platform/http/fields.js';
import { CreateWebhookDto } from './create-webhook.dto.js';

export class UpdateWebhookDto extends PartialType(CreateWebhookDto, { skipNullProperties: false }) {
  @BooleanField({ optional: true, example: true, description: 'Switches it off, or on again.' })
  isActive?: boolean;
}
