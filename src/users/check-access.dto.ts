import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsObject, ValidateNested } from 'class-validator';
import { IdField, TextField } from '../platform/http/fields.js';

export class AccessCheckDto {
  @IdField({ optional: true, description: 'Yourself when left out; others need `access.check`.' })
  userId?: number;

  @TextField({ max: 64, example: 'reports.read' })
  privilege!: string;
}

export class CheckAccessDto {
  @ApiProperty({ type: [AccessCheckDto], minItems: 1, maxItems: 100 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  // ValidateNested alone takes a list in place of an item and looks into it.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => AccessCheckDto)
  checks!: AccessCheckDto[];
}

@ApiSchema({ name: 'AccessResults' })
export class AccessCheckResponse {
  @ApiProperty({
    type: [Boolean],
    maxItems: 100,
    example: [true],
    description: 'In the order of the checks.',
  })
  results!: boolean[];
}
