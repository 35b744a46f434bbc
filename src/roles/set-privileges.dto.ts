import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsInt, Max, Min } from 'class-validator';
import { MAX_ID } from '../platform/http/id-param.decorator.js';

export class SetPrivilegesDto {
  @ApiProperty({
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: MAX_ID },
    maxItems: 1000,
    uniqueItems: true,
    example: [1, 2],
    description: 'The whole set: what is not in it is taken away.',
  })
  @Max(MAX_ID, { each: true })
  @Min(1, { each: true })
  @IsInt({ each: true })
  @ArrayUnique()
  @ArrayMaxSize(1000)
  @IsArray()
  privilegeIds!: number[];
}
