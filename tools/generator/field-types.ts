import { Refusal } from './refusal.ts';
import { capitalised } from './words.ts';

/** What a field of a type is in each place of the code. Values are TypeScript as it is written. */
export interface FieldType {
  /** In the entity. */
  readonly type: string;
  /** In JSON. */
  readonly jsonType: string;
  /** In SQL. */
  readonly column: string;
  /** Options of `@Column`. */
  readonly columnOptions: string;
  /** The decorator of a body's field, without what it has in common with others. */
  readonly decorator: readonly [name: string, options: string];
  /** Options of `@ApiProperty` in an answer. */
  readonly shown: string;
  /** Of an event's payload, as JSON Schema; null for texts people write, which may tell of people. */
  readonly schema: object | null;
  readonly example: string;
  /** Another value, as the API answers it, for tests of changes. */
  readonly other: string;
  /** Values that are refused. */
  readonly wrong: readonly string[];
  /** SQL: the value of row `n` of many. */
  readonly generated: string;
  /** What is kept as JSON has it, unless it says how. */
  readonly toJson?: (value: string) => string;
  /** Lists can be asked for one value; `filter` is its decorator. */
  readonly filter?: string;
  /** Lists can be ordered by it. */
  readonly isOrdered?: boolean;
  /** Of an enumeration. */
  readonly values?: readonly string[];
  /** The noun a reference refers to, by its singular. */
  readonly target?: string;
}

/** The field whose type is asked for, and the noun that has it. */
export interface Place {
  readonly label: string;
  /** The class of the noun: `Invoice`. */
  readonly owner: string;
  /** The table of the noun. */
  readonly table: string;
  readonly column: string;
}

const shownText = (length: number) => `type: 'string', maxLength: ${length}`;
const MAX_ID = 2_147_483_647;

/** Of each type: how it is written, what it is, and how it is made of its argument. */
export const FIELD_TYPES: Readonly<
  Record<string, { usage: string; about: string; make: (argument: string, place: Place) => FieldType }>
> = {
  string: {
    usage: 'string[:LENGTH]',
    about: 'one line, up to 256 characters unless LENGTH says otherwise (2 to 2000)',
    make: (argument) => {
      const length = argument === '' ? 256 : wholeNumber(argument, 2, 2_000, 'string:64');
      const [example, other] = ['Example', 'Another'].map((word) => `'${word.slice(0, length)}'`);
      return {
        type: 'string',
        jsonType: 'string',
        column: `varchar(${length})`,
        columnOptions: `type: 'varchar', length: ${length}`,
        decorator: ['TextField', `max: ${length}`],
        shown: shownText(length),
        schema: null,
        example: example ?? '',
        other: other ?? '',
        wrong: [`''`, `'  '`, `'x'.repeat(${length + 1})`, `'Line\\nbreak'`, '5'],
        generated: `'x' || n % 9`,
        isOrdered: true,
      };
    },
  },
  text: {
    usage: 'text',
    about: 'several lines, up to 10,000 characters',
    make: (argument) => ({
      type: 'string',
      jsonType: 'string',
      column: 'text',
      columnOptions: `type: 'text'`,
      decorator: ['LongTextField', `max: ${nothing(argument, 'text', 10_000)}`],
      shown: shownText(10_000),
      schema: null,
      example: `'First line\\nSecond line'`,
      other: `'Another text'`,
      wrong: [`''`, `'x'.repeat(10_001)`, `'Nul\\u0000'`, '5'],
      generated: `'text'`,
    }),
  },
  integer: {
    usage: 'integer[:LEAST..GREATEST]',
    about: 'a whole number within the 32 bits of Postgres, or from LEAST to GREATEST',
    make: (argument) => {
      const [least, greatest] = argument === '' ? [-MAX_ID, MAX_ID] : range(argument);
      const limits = `min: ${least}, max: ${greatest}`;
      return {
        type: 'number',
        jsonType: 'number',
        column: 'integer',
        columnOptions: `type: 'integer'`,
        decorator: ['IntegerField', limits],
        shown: `type: 'integer', minimum: ${least}, maximum: ${greatest}`,
        schema: { type: 'integer', minimum: least, maximum: greatest },
        example: String(Math.max(least, Math.min(greatest, 3))),
        other: String(Math.max(least, Math.min(greatest, 3)) === greatest ? greatest - 1 : greatest),
        wrong: [`'3'`, '1.5', String(greatest + 1), String(least - 1)],
        generated: `n % 9`,
        isOrdered: true,
      };
    },
  },
  decimal: {
    usage: 'decimal[:DIGITS.PLACES]',
    about:
      'an exact number, as text in JSON; 12 digits, 2 of them after the point, unless DIGITS.PLACES says otherwise',
    make: (argument) => {
      const [precision, scale] = argument === '' ? [12, 2] : digits(argument);
      const places = '0'.repeat(scale - 1);
      return {
        type: 'string',
        jsonType: 'string',
        column: `numeric(${precision},${scale})`,
        columnOptions: `type: 'numeric', precision: ${precision}, scale: ${scale}`,
        decorator: ['DecimalField', `precision: ${precision}, scale: ${scale}`],
        shown: `type: 'string', maxLength: ${precision + 2}, description: 'A decimal number, as text: no digit is lost.'`,
        schema: { type: 'string', pattern: '^-?[0-9]+([.][0-9]+)?$', maxLength: precision + 2 },
        example: `'7.5${places}'`,
        other: `'-0.5${places}'`,
        wrong: [
          '7.5',
          `'7,5'`,
          `'1e3'`,
          `'${'9'.repeat(precision - scale + 1)}'`,
          `'0.${'1'.repeat(scale + 1)}'`,
        ],
        generated: `n % 9`,
        isOrdered: true,
      };
    },
  },
  boolean: {
    usage: 'boolean',
    about: 'true or false; lists can be filtered by it',
    make: (argument) => ({
      type: 'boolean',
      jsonType: 'boolean',
      column: 'boolean',
      columnOptions: `type: 'boolean'`,
      decorator: ['BooleanField', nothing(argument, 'boolean', '')],
      shown: `type: 'boolean'`,
      schema: { type: 'boolean' },
      example: 'true',
      other: 'false',
      wrong: [`'true'`, '1'],
      generated: 'n NOT BETWEEN 9001 AND 10000',
      filter: '@ToBoolean()',
    }),
  },
  date: {
    usage: 'date',
    about: 'a day of the calendar, YYYY-MM-DD',
    make: (argument) => ({
      type: 'string',
      jsonType: 'string',
      column: 'date',
      columnOptions: `type: 'date'`,
      decorator: ['DayField', nothing(argument, 'date', '')],
      shown: `type: 'string', format: 'date'`,
      schema: { type: 'string', format: 'date' },
      example: `'2026-05-04'`,
      other: `'2028-02-29'`,
      wrong: [`'2026-02-30'`, `'04.05.2026'`, `'0000-01-01'`, '20260504'],
      generated: `DATE '2026-01-01' + n % 9`,
      isOrdered: true,
    }),
  },
  timestamp: {
    usage: 'timestamp',
    about: 'a moment with its zone (RFC 3339), answered in UTC',
    make: (argument) => ({
      type: 'Date',
      jsonType: 'string',
      column: 'timestamptz',
      columnOptions: `type: 'timestamptz'`,
      decorator: ['TimeField', nothing(argument, 'timestamp', '')],
      shown: `type: 'string', format: 'date-time'`,
      schema: { type: 'string', format: 'date-time' },
      example: `'2026-05-04T09:30:00.000Z'`,
      other: `'2027-01-01T00:00:00.500Z'`,
      wrong: [`'2026-05-04T09:30:00'`, `'2026-05-04'`, `'2026-05-04T25:00:00Z'`, '1767225600'],
      generated: `TIMESTAMPTZ '2026-01-01Z' + n % 9 * interval '1 hour'`,
      toJson: (value) => `${value}.toISOString()`,
      isOrdered: true,
    }),
  },
  uuid: {
    usage: 'uuid',
    about: 'an id made elsewhere (RFC 9562)',
    make: (argument) => ({
      type: 'string',
      jsonType: 'string',
      column: 'uuid',
      columnOptions: `type: 'uuid'`,
      decorator: ['UuidField', nothing(argument, 'uuid', '')],
      shown: `type: 'string', format: 'uuid'`,
      schema: { type: 'string', format: 'uuid' },
      example: `'5353f605-62c8-4953-a6ae-3cbd01586e19'`,
      other: `'0197b1c2-5f0e-7c3a-9d56-3c1f0a6d2b11'`,
      wrong: [`'5353f605'`, `'5353f605-62c8-4953-a6ae-3cbd01586e1g'`, '5'],
      generated: 'gen_random_uuid()',
    }),
  },
  enum: {
    usage: 'enum:VALUE,VALUE',
    about: 'one of the values, in lower case; lists can be filtered by it',
    make: (argument, { label, owner, table, column }) => {
      const values = valuesOf(argument, label);
      const [type, list] = [`${owner}${capitalised(label)}`, `${table}_${column}_values`.toUpperCase()];
      const options = `values: ${list}, name: '${type}'`;
      return {
        type,
        jsonType: 'string',
        column: `${table}_${column}`,
        columnOptions: `type: 'enum', enum: ${list}, enumName: '${table}_${column}'`,
        decorator: ['EnumField', options],
        shown: `enum: ${list}, enumName: '${type}'`,
        schema: { enum: values },
        example: `'${values[0]}'`,
        other: `'${values[1]}'`,
        wrong: [`'none of them'`, `''`, '1'],
        generated: `(CASE WHEN n BETWEEN 9001 AND 10000 THEN '${values[1]}' ELSE '${values[0]}' END)::${table}_${column}`,
        filter: '',
        values,
      };
    },
  },
  ref: {
    usage: 'ref:NOUN',
    about:
      'the id of a user, of a role, or of a noun that was made so: `customer:ref:customer`; lists can be filtered by it',
    make: (argument, { label }) => {
      if (!/^[a-z]+(-[a-z]+)*$/.test(argument))
        throw new Refusal(`${label}: say what it refers to, by its singular: ${label}:ref:user.`);
      return {
        type: 'number',
        jsonType: 'number',
        column: 'integer',
        columnOptions: `type: 'integer'`,
        decorator: ['IdField', ''],
        shown: `type: 'integer'`,
        schema: { type: 'integer', minimum: 1 },
        example: '1',
        other: '',
        wrong: [`'1'`, '0', '1.5'],
        generated: 'CASE WHEN n BETWEEN 9001 AND 10000 THEN 2 ELSE 1 END',
        filter: '@ToInteger()',
        target: argument,
      };
    },
  },
};

function nothing<Value>(argument: string, type: string, value: Value): Value {
  if (argument !== '')
    throw new Refusal(`The type ${type} takes no argument: write ${type}, not ${type}:${argument}.`);
  return value;
}

function wholeNumber(text: string, least: number, greatest: number, example: string): number {
  const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= greatest) return number;
  throw new Refusal(
    `${text} is no whole number from ${least} to ${greatest}: write, for instance, ${example}.`,
  );
}

function range(argument: string): [number, number] {
  const [, least, greatest] = /^(-?[0-9]{1,10})[.][.](-?[0-9]{1,10})$/.exec(argument) ?? [];
  const limits = [Number(least), Number(greatest)] as [number, number];
  if (limits[0] < limits[1] && limits.every((limit) => Math.abs(limit) <= MAX_ID)) return limits;
  throw new Refusal(
    `integer:${argument} has no range within ±${MAX_ID}: write, for instance, integer:0..100.`,
  );
}

function digits(argument: string): [number, number] {
  const [, precision, scale] = /^([0-9]{1,2})[.]([0-9]{1,2})$/.exec(argument) ?? [];
  const made = [Number(precision), Number(scale)] as [number, number];
  if (made[0] <= 30 && made[1] >= 1 && made[1] < made[0]) return made;
  throw new Refusal(
    `decimal:${argument} does not say how many digits (at most 30) and how many of them after the point: write, for instance, decimal:12.2.`,
  );
}

function valuesOf(argument: string, label: string): string[] {
  const values = argument.split(',');
  const isGood = values.every((value) => /^[a-z][a-z0-9_]{0,39}$/.test(value));
  if (isGood && values.length >= 2 && values.length <= 50 && new Set(values).size === values.length)
    return values;
  throw new Refusal(
    `${label}: an enum has 2 to 50 different values in lower case: ${label}:enum:draft,sent.`,
  );
}
