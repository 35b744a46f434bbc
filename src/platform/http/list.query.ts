import { Injectable } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { Page, PageRequest, Sort, Total } from '../../common/page.js';
import { CursorCodec } from './cursor.js';
import { validationFailed } from './validation.pipe.js';

/** Query strings are text: digits become a number, everything else stays what it was and is refused by the rule. */
export const ToInteger = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^[0-9]{1,10}$/.test(value) ? Number(value) : value,
  );

export const ToBoolean = () =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

/** What every list takes. A list adds its filters and states its sort fields. */
export class ListQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 20,
    description: 'Rows on a page.',
  })
  @IsOptional()
  @ToInteger()
  @Max(100)
  @Min(1)
  @IsInt()
  limit?: number;

  @ApiPropertyOptional({ type: 'string', maxLength: 512, description: '`nextCursor` of the page before.' })
  @IsOptional()
  @MaxLength(512)
  @IsString()
  cursor?: string;

  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'Count the matching rows as well.' })
  @IsOptional()
  @ToBoolean()
  @IsBoolean()
  total?: boolean;

  sort?: string;
}

export interface PageResponse<T> {
  items: T[];
  nextCursor: string | null;
  total?: Total;
}

/** Reads list queries and writes list answers; cursors are sealed against tampering. */
@Injectable()
export class Paging {
  constructor(private readonly cursors: CursorCodec) {}

  /** @throws ValidationFailed for an unknown sort field, InvalidCursor for a forged one or one of another query. */
  read<Field extends string>(
    query: ListQuery,
    sortFields: readonly Field[],
    defaultSort: Sort<Field>,
    filters: Readonly<Record<string, unknown>> = {},
  ): PageRequest<Field> {
    const sort = query.sort === undefined ? defaultSort : readSort(query.sort, sortFields);
    return {
      limit: query.limit ?? 20,
      sort,
      after: query.cursor === undefined ? null : this.cursors.decode(query.cursor, scopeOf(sort, filters)),
      withTotal: query.total ?? false,
    };
  }

  write<Row, Item, Field extends string>(
    page: Page<Row>,
    toItem: (row: Row) => Item,
    request: PageRequest<Field>,
    filters: Readonly<Record<string, unknown>> = {},
  ): PageResponse<Item> {
    return {
      items: page.items.map(toItem),
      nextCursor: page.next === null ? null : this.cursors.encode(page.next, scopeOf(request.sort, filters)),
      ...(page.total && { total: page.total }),
    };
  }
}

function readSort<Field extends string>(value: string, fields: readonly Field[]): Sort<Field> {
  const descending = value.startsWith('-');
  const field = fields.find((known) => known === (descending ? value.slice(1) : value));
  if (field === undefined) {
    const message = `sort must be one of ${fields.join(', ')}, with a leading - for descending order`;
    throw validationFailed([{ field: 'sort', rule: 'isIn', message }]);
  }
  return { field, descending };
}

/** A cursor is good for one order and one set of filters only. */
function scopeOf(sort: Sort<string>, filters: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([
    sort.field,
    sort.descending,
    Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
