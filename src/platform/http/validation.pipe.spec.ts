import type { ArgumentMetadata } from '@nestjs/common';
import { Type } from 'class-transformer';
import { ArrayMinSize, IsArray, IsInt, IsObject, ValidateNested } from 'class-validator';
import type { AppError } from '../../common/app-error.js';
import { TextField } from './fields.js';
import { ValidationFailed } from './http.errors.js';
import { createValidationPipe, type FieldError } from './validation.pipe.js';

class Item {
  @TextField({ max: 8 })
  name!: string;
}

class Order {
  @TextField({ max: 8, optional: true, nullable: true })
  note?: string | null;

  @IsArray()
  @ArrayMinSize(1)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => Item)
  items!: Item[];
}

class Patch {
  @TextField({ max: 8, optional: true })
  note?: string;
}

class Ids {
  @IsInt({ each: true })
  ids!: number[];
}

const pipe = createValidationPipe();
const body = (metatype: ArgumentMetadata['metatype']): ArgumentMetadata => ({ type: 'body', metatype });

async function errorsOf(
  value: unknown,
  metatype: ArgumentMetadata['metatype'] = Order,
): Promise<FieldError[]> {
  try {
    await pipe.transform(value, body(metatype));
    return [];
  } catch (error) {
    if (!(error instanceof ValidationFailed)) throw error;
    return error.members.errors as FieldError[];
  }
}

const fields = (errors: FieldError[]) => errors.map(({ field, rule }) => `${field} ${rule}`);

describe('the validation of a body', () => {
  it('gives the body as an object of its class', async () => {
    const order = (await pipe.transform({ items: [{ name: ' a ' }] }, body(Order))) as Order;
    expect(order).toBeInstanceOf(Order);
    expect(order.items[0]).toBeInstanceOf(Item);
    expect(order.items[0]?.name).toBe('a');
  });

  it('tells an absent field from null', async () => {
    const absent = (await pipe.transform({ items: [{ name: 'a' }] }, body(Order))) as Order;
    const cleared = (await pipe.transform({ items: [{ name: 'a' }], note: null }, body(Order))) as Order;
    expect('note' in absent).toBe(false);
    expect(cleared.note).toBeNull();
  });

  it('names a field by its path', async () => {
    expect(fields(await errorsOf({ items: [{ name: 'a' }, { name: '' }, { name: 5 }] }))).toEqual([
      'items[1].name minLength',
      'items[2].name isString',
    ]);
  });

  it('reports every faulty field, each with its first fault', async () => {
    expect(fields(await errorsOf({ note: 1, items: [] }))).toEqual(['note isString', 'items arrayMinSize']);
  });

  it('S66: refuses unknown fields at every depth', async () => {
    const errors = await errorsOf({ id: 1, items: [{ name: 'a', roleId: 1 }] });
    expect(errors).toEqual([
      { field: 'id', rule: 'whitelistValidation', message: 'id is not a known field' },
      { field: 'items[0].roleId', rule: 'whitelistValidation', message: 'roleId is not a known field' },
    ]);
  });

  it('S83: refuses another type in place of a field', async () => {
    for (const name of [null, 5, true, [], ['a'], {}, { length: 1 }])
      expect(fields(await errorsOf({ items: [{ name }] }))).toEqual(['items[0].name isString']);
  });

  it('S83: refuses another type in place of an item', async () => {
    for (const item of [null, 'a', 5, true, [], ['a'], [[]], [{ name: 'a' }]])
      expect(await errorsOf({ items: [item] })).not.toEqual([]);
    for (const items of [null, 'a', 5, {}, { 0: { name: 'a' }, length: 1 }])
      expect(await errorsOf({ items })).not.toEqual([]);
  });

  it('S83: refuses another type in place of the body, even where no field is required', async () => {
    for (const value of [null, 'text', '', 5, 0, true, [], [{ note: 'a' }]])
      expect(await errorsOf(value, Patch)).toEqual([
        { field: 'body', rule: 'isObject', message: 'the body must be a JSON object' },
      ]);
  });

  it('reports what is required when there is no body, and that there is none where nothing is', async () => {
    expect(fields(await errorsOf(undefined))).toEqual(['items isObject']);
    expect(fields(await errorsOf(undefined, Patch))).toEqual(['body isObject']);
    expect(fields(await errorsOf({}, Patch))).toEqual([]);
  });

  it('S83: does not turn text into numbers or numbers into text', async () => {
    for (const ids of [['1'], [1.5], [true], [null], [[1]], '1'])
      expect(await errorsOf({ ids }, Ids)).not.toEqual([]);
    expect(await errorsOf({ ids: [1, 2] }, Ids)).toEqual([]);
  });

  it('says in one sentence which fields to correct', async () => {
    const refusal: unknown = await pipe
      .transform({ items: [{ name: '' }], x: 1, y: 2 }, body(Order))
      .catch((e: unknown) => e);
    expect((refusal as AppError).detail).toBe('Correct these fields: x, y, items[0].name.');
  });

  it('S84: shows neither the value nor the class that refused it', async () => {
    const text = JSON.stringify(await errorsOf({ items: [{ name: 'cAnArY-too-long' }] }));
    expect(text).toContain('items[0].name');
    expect(text).not.toMatch(/cAnArY|Order|Item"/);
  });

  it('leaves path parameters to their own pipes, as they were sent', async () => {
    expect(await pipe.transform('1e3', { type: 'param', metatype: Number, data: 'id' })).toBe('1e3');
  });

  it('S79: lets no body change a prototype', async () => {
    const polluted = JSON.parse('{"__proto__":{"polluted":1},"items":[{"name":"a"}]}') as unknown;
    await errorsOf(polluted);
    await errorsOf(JSON.parse('{"constructor":{"prototype":{"polluted":1}},"items":[{"name":"a"}]}'));
    expect('polluted' in {}).toBe(false);
  });
});
