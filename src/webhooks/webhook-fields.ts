import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';

const EVENT_TYPES = /^(\*|[a-z][a-z_]*\.(\*|[a-z][a-z_]*))$/;

/** Event types to send: `user.created`, all of one kind, or everything. */
export function EventTypesField(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'array',
      items: { type: 'string', maxLength: 64, pattern: EVENT_TYPES.source },
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      example: ['user.*', 'role.deleted'],
      description: 'Types of events, `user.*` for all that begin like this, `*` for all there are.',
    }),
    Matches(EVENT_TYPES, {
      each: true,
      message: '$property must be types of events like user.created, user.* or *',
    }),
    MaxLength(64, { each: true }),
    IsString({ each: true }),
    ArrayUnique(),
    ArrayMaxSize(50),
    ArrayMinSize(1),
    IsArray(),
  );
}
