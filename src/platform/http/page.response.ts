import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { PageResponse } from './list.query.js';

export class TotalCountResponse {
  @ApiProperty({ type: 'integer', example: 1234 })
  value!: number;

  @ApiProperty({
    type: 'boolean',
    example: true,
    description: 'False when the value is an estimate (above 10,000).',
  })
  exact!: boolean;
}

/** The class of a page of `Item`, for OpenAPI. */
export function PageOf<Item>(item: Type<Item>): Type<PageResponse<Item>> {
  class Page implements PageResponse<Item> {
    @ApiProperty({ type: [item], maxItems: 100 })
    items!: Item[];

    @ApiProperty({
      type: 'string',
      maxLength: 512,
      nullable: true,
      example: null,
      description: 'Send it as `cursor` to go on; null on the last page.',
    })
    nextCursor!: string | null;

    @ApiPropertyOptional({ type: TotalCountResponse, description: 'With `total=true` only.' })
    total?: TotalCountResponse;
  }
  return Page;
}
