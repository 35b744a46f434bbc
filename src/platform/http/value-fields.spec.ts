import { createValidationPipe } from './validation.pipe.js';
import { DayField, DecimalField, LongTextField, TimeField, UuidField } from './value-fields.js';

class Values {
  @LongTextField({ max: 20, optional: true, nullable: true })
  note?: string | null;

  @DecimalField({ precision: 5, scale: 2, optional: true })
  price?: string;

  @DayField({ optional: true })
  day?: string;

  @TimeField({ optional: true, nullable: true })
  time?: Date | null;

  @UuidField({ optional: true })
  uuid?: string;
}

const pipe = createValidationPipe();
const read = (body: object) => pipe.transform(body, { type: 'body', metatype: Values }) as Promise<Values>;

describe('a value of a field', () => {
  it.each<[keyof Values, unknown, unknown]>([
    ['note', ' one\r\ntwo\n\tthree ', 'one\ntwo\n\tthree'],
    ['note', null, null],
    ['price', '999.99', '999.99'],
    ['price', '-0.5', '-0.5'],
    ['price', '7', '7'],
    ['day', '2028-02-29', '2028-02-29'],
    ['day', '0001-01-01', '0001-01-01'],
    ['day', '9999-12-31', '9999-12-31'],
    ['time', '2026-05-04T11:30:00+02:00', new Date('2026-05-04T09:30:00Z')],
    ['time', '2026-05-04t09:30:00.125z', new Date('2026-05-04T09:30:00.125Z')],
    ['time', '0001-01-01T00:00:00Z', new Date('0001-01-01T00:00:00Z')],
    ['time', null, null],
    ['uuid', '5353F605-62C8-4953-A6AE-3CBD01586E19', '5353f605-62c8-4953-a6ae-3cbd01586e19'],
  ])('is read as it is kept: %s %j', async (name, value, kept) => {
    expect((await read({ [name]: value }))[name]).toEqual(kept);
  });

  it.each<[keyof Values, unknown[]]>([
    ['note', [5, '', ' \n ', 'x'.repeat(21), 'a\u0000b', 'a\u0007b', 'a\rb', '\u200b', ['a'], {}]],
    [
      'price',
      [
        7.5,
        null,
        '',
        '1000',
        '7.555',
        '7,5',
        '1e2',
        '+7',
        '.5',
        '7.',
        '07',
        ' 7',
        '--7',
        'NaN',
        '٧',
        ['7'],
        {},
      ],
    ],
    [
      'day',
      [
        20260504,
        null,
        '',
        '2026-02-29',
        '2026-13-01',
        '0000-01-01',
        '2026-5-4',
        '04.05.2026',
        '10000-01-01',
        ['2026-05-04'],
      ],
    ],
    [
      'time',
      [
        '2026-05-04',
        '2026-05-04T09:30:00',
        '2026-05-04 09:30:00Z',
        '2026-05-04T09:30:00.1234Z',
        '2026-02-30T09:30:00Z',
        '2026-05-04T25:00:00Z',
        '0001-01-01T00:00:00+01:00',
        '9999-12-31T23:59:59-01:00',
        'now',
        '',
        1767225600,
        true,
        {},
        ['2026-05-04T09:30:00Z'],
      ],
    ],
    [
      'uuid',
      [
        5,
        null,
        '',
        '5353f605',
        '5353f605-62c8-4953-a6ae-3cbd01586e1g',
        '{5353f605-62c8-4953-a6ae-3cbd01586e19}',
      ],
    ],
  ])('is refused where it is none: %s', async (name, values) => {
    const outcomes = await Promise.allSettled(values.map((value) => read({ [name]: value })));
    expect(values.filter((_, index) => outcomes[index]?.status === 'fulfilled')).toEqual([]);
  });
});
