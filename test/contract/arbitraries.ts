import type { OpenAPIObject } from '@nestjs/swagger';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { resolve } from '../support/contract.js';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Text longer than this finds nothing that shorter does not, and takes its time. */
const LONG = 300;
const HOSTILE = [
  '__proto__',
  'constructor',
  `' OR '1'='1`,
  '\0',
  '\u200B',
  '\uD800',
  '\u202Eabc',
  'ﬁ',
  'İ',
  '../..',
  '%00',
  '${7*7}',
  '1e400',
  'NaN',
  '9999999999999999999999',
];

/** Whatever a client may send in place of a text. */
export const anyText: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
);

/** Whatever JSON can say. */
export const anyJson: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, 2 ** 31, 2 ** 53, '', [], {}, [[]], [null]),
  anyText,
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
);

/** What a schema takes, as far as it says it: the service may know better. */
export function takenBy(document: OpenAPIObject, node: Schema): Arbitrary<unknown> {
  const schema = resolve<Schema>(document, node, []).node;
  const into = (one: Schema) => takenBy(document, one);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.properties) return objectsOf(schema, into);
  const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (alternatives) return fc.oneof(...alternatives.map(into));
  const types = [schema.type ?? 'string'].flat();
  if (types.length > 1) return fc.oneof(...types.map((type) => into({ ...schema, type })));
  const [type] = types;
  if (type === 'null') return fc.constant(null);
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') return integersOf(schema);
  if (type === 'number')
    return fc.double({ noNaN: true, min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9 });
  if (type === 'array') return arraysOf(schema, into);
  return textsOf(schema);
}

function arraysOf(
  { items = {}, minItems = 0, maxItems = 10 }: Schema,
  into: (one: Schema) => Arbitrary<unknown>,
) {
  return fc.array(into(items), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 5) });
}

/** Of alternatives that ask for members one is chosen. */
function objectsOf(schema: Schema, into: (one: Schema) => Arbitrary<unknown>): Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, one]) => [name, into(one)]),
  );
  const choices = (schema.oneOf ?? schema.anyOf ?? [{}]).map(({ required = [] }) => required);
  const chosen = new Set(choices.flat());
  return fc.oneof(
    ...choices.map((choice) => {
      const shown = Object.entries(members).filter(([name]) => !chosen.has(name) || choice.includes(name));
      const requiredKeys = [...(schema.required ?? []), ...choice];
      return fc.record(Object.fromEntries(shown), { requiredKeys });
    }),
  );
}

function integersOf({ minimum = -1_000, maximum = 2 ** 31 - 1 }: Schema): Arbitrary<number> {
  const small = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 100) });
  return fc.oneof(
    { weight: 3, arbitrary: small },
    fc.constantFrom(minimum, maximum),
    fc.maxSafeInteger().filter((value) => value >= minimum && value <= maximum),
  );
}

function textsOf({ format, pattern, minLength = 0, maxLength = LONG }: Schema): Arbitrary<string> {
  const longest = Math.min(maxLength, LONG);
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, 'u')).filter(fits);
  const known = format === undefined ? undefined : FORMATS[format];
  if (known) return known();
  return fc.oneof(
    fc
      .string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(longest, 30)) })
      .filter(fits),
    anyText.map((text) => text.padEnd(minLength, 'x').slice(0, maxLength)),
    fc.constantFrom(minLength, longest).map((length) => 'x'.repeat(length)),
  );
}

const FORMATS: Readonly<Record<string, () => Arbitrary<string>>> = {
  email: () => fc.emailAddress(),
  uuid: () => fc.uuid(),
  uri: () => fc.webUrl(),
  date: () => days().map((day) => day.toISOString().slice(0, 10)),
  'date-time': () => days().map((day) => day.toISOString()),
};

const days = () => fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });

/** `value` with one thing in it changed, wherever that is: a member gone, added, or of another type. */
export function spoilt(value: unknown): Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return anyJson;
  const members = Object.entries(value);
  const places: Arbitrary<unknown>[] = members.flatMap(([name, member]) => [
    fc.constant(Object.fromEntries(members.filter(([other]) => other !== name))),
    spoilt(member).map((other) => withMember(value, name, other)),
  ]);
  const added = fc.tuple(anyText, anyJson).map(([name, member]) => withMember(value, name, member));
  return fc.oneof(added, anyJson, ...places);
}

function withMember(value: object, name: string, member: unknown): unknown {
  if (!Array.isArray(value)) return Object.fromEntries([...Object.entries(value), [name, member]]);
  return value.map((item: unknown, index) => (String(index) === name ? member : item));
}
