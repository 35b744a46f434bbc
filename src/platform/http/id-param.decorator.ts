import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { validationFailed } from './validation.pipe.js';

/** The largest value of Postgres' `integer`. */
export const MAX_ID = 2_147_483_647;
/** The longest request line, and the longest header: Node reads no more of either. */
export const MAX_LINE = 16_384;
/** The largest id of a `bigint` column JavaScript and JSON can hold. */
export const MAX_BIG_ID = Number.MAX_SAFE_INTEGER;

/** Reads an id: ASCII digits, no sign, no leading zero, within the range of the column. Else 400, before any SQL. */
@Injectable()
export class IdPipe implements PipeTransform<string, number> {
  constructor(
    private readonly field: string,
    private readonly max = MAX_ID,
  ) {}

  transform(value: string): number {
    const id = /^[1-9][0-9]{0,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(id <= this.max)) {
      throw validationFailed([
        {
          field: this.field,
          rule: 'isId',
          message: `${this.field} must be a whole number from 1 to ${this.max}`,
        },
      ]);
    }
    return id;
  }
}

/** A path parameter that is an id. Describes itself for OpenAPI. */
export function IdParam(name = 'id', max = MAX_ID): ParameterDecorator {
  return (target, method, index) => {
    Param(name, new IdPipe(name, max))(target, method, index);
    const descriptor = method && Object.getOwnPropertyDescriptor(target, method);
    if (!descriptor) throw new Error('@IdParam() belongs on a parameter of a method');
    const format = max > MAX_ID ? 'int64' : 'int32';
    const schema = { type: 'integer', format, minimum: 1, maximum: max } as const;
    ApiParam({ name, schema, example: 1 })(target, method, descriptor);
  };
}
