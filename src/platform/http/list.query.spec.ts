import { platformConfig } from '../../../test/support/environment.js';
import { Secrets } from '../config/secrets.config.js';
import type { AppError } from '../../common/app-error.js';
import { CursorCodec } from './cursor.js';
import { InvalidCursor, ValidationFailed } from './http.errors.js';
import { ListQuery, Paging } from './list.query.js';
import { createValidationPipe } from './validation.pipe.js';

const paging = new Paging(new CursorCodec(platformConfig().get(Secrets)));
const FIELDS = ['id', 'name', 'createdAt'] as const;
const DEFAULT_SORT = { field: 'id', descending: false } as const;

const read = (query: ListQuery, filters?: Record<string, unknown>) =>
  paging.read(query, FIELDS, DEFAULT_SORT, filters);
const pipe = createValidationPipe();
const parse = (query: Record<string, unknown>) =>
  pipe.transform(query, { type: 'query', metatype: ListQuery }) as Promise<ListQuery>;

describe('a list query', () => {
  it('asks for 20 rows in the default order when it says nothing', async () => {
    expect(read(await parse({}))).toEqual({ limit: 20, sort: DEFAULT_SORT, after: null, withTotal: false });
  });

  it('takes 1 to 100 rows', async () => {
    expect(read(await parse({ limit: '1' })).limit).toBe(1);
    expect(read(await parse({ limit: '100' })).limit).toBe(100);
  });

  it.each([
    '0',
    '101',
    '-1',
    '+5',
    '1e2',
    '0x10',
    '5.0',
    ' 5',
    '5 ',
    '',
    '٣',
    'ten',
    '99999999999',
    ['5', '6'],
    { a: '5' },
  ])('refuses the limit %p', async (limit) => {
    await expect(parse({ limit })).rejects.toThrow(ValidationFailed);
  });

  it.each(['1', 'TRUE', 'yes', '', ['true']])('refuses the total %p', async (total) => {
    await expect(parse({ total })).rejects.toThrow(ValidationFailed);
  });

  it('counts only when it is asked to', async () => {
    expect(read(await parse({ total: 'true' })).withTotal).toBe(true);
    expect(read(await parse({ total: 'false' })).withTotal).toBe(false);
  });

  it.each([{ page: '2' }, { offset: '10' }, { 'limit[]': '5' }])(
    'refuses the unknown parameter of %p',
    async (query) => {
      await expect(parse(query)).rejects.toThrow(ValidationFailed);
    },
  );

  it('orders by a named field, a leading minus turns the order round', () => {
    expect(read({ sort: 'name' }).sort).toEqual({ field: 'name', descending: false });
    expect(read({ sort: '-createdAt' }).sort).toEqual({ field: 'createdAt', descending: true });
  });

  it.each([
    '',
    '-',
    '--id',
    'ID',
    'passwordHash',
    'role.name',
    'id desc',
    '__proto__',
    'constructor',
    '0',
    '+id',
  ])('S71: refuses to order by %p', (sort) => {
    let refusal: AppError | undefined;
    try {
      read({ sort });
    } catch (error) {
      refusal = error as AppError;
    }
    expect(refusal).toBeInstanceOf(ValidationFailed);
    expect(refusal?.members.errors).toEqual([
      {
        field: 'sort',
        rule: 'isIn',
        message: 'sort must be one of id, name, createdAt, with a leading - for descending order',
      },
    ]);
  });
});

describe('a page', () => {
  const page = { items: [{ id: 4 }, { id: 5 }], next: { value: 5, id: 5 } };
  const write = (query: ListQuery, filters?: Record<string, unknown>) =>
    paging.write(page, ({ id }) => `#${id}`, read(query, filters), filters);

  it('leads on to the next with a cursor that begins after its last row', () => {
    const { items, nextCursor } = write({});
    expect(items).toEqual(['#4', '#5']);
    expect(read({ cursor: nextCursor ?? '' }).after).toEqual({ value: 5, id: 5 });
  });

  it('has no cursor when it is the last', () => {
    const last = paging.write({ items: [], next: null }, String, read({}));
    expect(last).toEqual({ items: [], nextCursor: null });
  });

  it('shows the total when there is one, a total of zero too', () => {
    const total = { value: 0, exact: true };
    expect(paging.write({ items: [], next: null, total }, String, read({}))).toEqual({
      items: [],
      nextCursor: null,
      total,
    });
  });

  it('S85: has a cursor that is refused for another order or filter', () => {
    const cursor = write({ sort: 'name' }, { roleId: 3, isActive: true }).nextCursor ?? '';
    const again =
      ({ sort }: { sort?: string }, filters?: Record<string, unknown>) =>
      () =>
        read({ sort, cursor }, filters);
    expect(again({ sort: '-name' }, { roleId: 3, isActive: true })).toThrow(InvalidCursor);
    expect(again({ sort: 'id' }, { roleId: 3, isActive: true })).toThrow(InvalidCursor);
    expect(again({ sort: 'name' }, { roleId: 4, isActive: true })).toThrow(InvalidCursor);
    expect(again({ sort: 'name' }, { roleId: 3 })).toThrow(InvalidCursor);
    expect(again({ sort: 'name' })).toThrow(InvalidCursor);
  });

  it('has a cursor that other limits and another order of the parameters leave good', () => {
    const cursor = write({ sort: 'name', limit: 5 }, { roleId: 3, isActive: true }).nextCursor ?? '';
    const next = read({ sort: 'name', limit: 50, cursor }, { isActive: true, roleId: 3 });
    expect(next.after).toEqual({ value: 5, id: 5 });
  });
});
