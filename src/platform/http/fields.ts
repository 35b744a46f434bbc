import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import {
  canonicalEmail,
  canonicalIdentifier,
  canonicalMobile,
  type Region,
} from '../../common/canonical-contact.js';
import { isVisible } from '../../common/text.js';
import { EMAIL_RULES, IsMobile, Validates } from './contact-fields.js';
import { MAX_ID } from './id-param.decorator.js';
import type { ReadingOptions } from './reading-options.js';

export interface FieldOptions {
  description?: string;
  example?: unknown;
  /** May be left out. */
  optional?: boolean;
  /** May be null, which clears it. */
  nullable?: boolean;
}

/** C0 and C1 controls; Postgres' text cannot hold NUL, and no name, title or description holds the others. */
// oxlint-disable-next-line no-control-regex -- control characters are what this rule is about
const NO_CONTROL_CHARACTERS = /^[^\u0000-\u001f\u007f-\u009f]*$/u;

/** A field of a request body: what OpenAPI says of it and what may be left out or null, in one place. */
export function field(
  options: FieldOptions,
  api: ApiPropertyOptions,
  ...rules: PropertyDecorator[]
): PropertyDecorator {
  const { description, example, optional = false, nullable = false } = options;
  const documented = { ...api, required: !optional, nullable, description, example } as ApiPropertyOptions;
  const isGiven = ValidateIf(
    (_, value) => !(optional && value === undefined) && !(nullable && value === null),
  );
  return applyDecorators(ApiProperty(documented), isGiven, ...rules);
}

/** Brings what was typed, if it is text, into the form it is kept in. */
export function Reads(read: (text: string, region: Region | null) => string): PropertyDecorator {
  return Transform(({ value, options }: { value: unknown; options: ReadingOptions }) =>
    typeof value === 'string' ? read(value, options.defaultRegion ?? null) : value,
  );
}

/** Says for OpenAPI which of these fields a body has: at least one (`anyOf`), exactly one (`oneOf`). */
export function Requires(which: 'anyOf' | 'oneOf', ...fields: readonly string[]): ClassDecorator {
  // What Nest does not know of it puts into the schema as it is.
  return ApiSchema({ [which]: fields.map((one) => ({ required: [one] })) });
}

/** One line of text, trimmed, with something to see in it. `max` in UTF-16 units. */
export function TextField(
  options: FieldOptions & { max: number; min?: number; pattern?: RegExp; patternHint?: string },
) {
  const { max, min = 1, pattern, patternHint } = options;
  return field(
    options,
    { type: 'string', minLength: min, maxLength: max, ...(pattern && { pattern: pattern.source }) },
    Reads((text) => text.trim()),
    IsString(),
    MinLength(min),
    MaxLength(max),
    Validates(
      'isVisible',
      '$property must have visible characters',
      (value) => value === '' || (typeof value === 'string' && isVisible(value)),
    ),
    Matches(NO_CONTROL_CHARACTERS, { message: '$property must not contain control characters' }),
    ...(pattern ? [Matches(pattern, { message: `$property ${patternHint ?? 'has a wrong format'}` })] : []),
  );
}

/** A secret, taken exactly as sent. */
export function SecretField(options: FieldOptions & { max: number; min?: number }) {
  const { max, min = 1 } = options;
  return field(
    options,
    { type: 'string', format: 'password', minLength: min, maxLength: max },
    IsString(),
    MinLength(min),
    MaxLength(max),
  );
}

export function EmailField(options: FieldOptions) {
  return field(
    { example: 'ada@example.com', ...options },
    { type: 'string', format: 'email', maxLength: 191 },
    Reads(canonicalEmail),
    IsString(),
    MaxLength(191),
    IsEmail(EMAIL_RULES),
    // Look-alikes such as the Kelvin sign fold to ASCII letters in some mappings: only ASCII gets in.
    Matches(/^[\x21-\x7e]+$/, { message: '$property must be in ASCII before the @' }),
  );
}

/** A mobile number as people write it; read as E.164: `+4915123456789`. */
export function MobileField(options: FieldOptions) {
  return field(
    { example: '+4915123456789', ...options },
    { type: 'string', maxLength: 40 },
    Reads(canonicalMobile),
    IsString(),
    MaxLength(16),
    IsMobile(),
  );
}

/** Names a request for a one-time code. */
export function ChallengeField(options: FieldOptions) {
  return TextField({
    example: '5353f605-62c8-4953-a6ae-3cbd01586e19',
    ...options,
    min: 36,
    max: 36,
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    patternHint: 'must be as it was answered',
  });
}

/** A one-time code: six digits, as text. Spaces and hyphens are passed over: people type codes in groups. */
export function CodeField(options: FieldOptions) {
  return field(
    { example: '073519', ...options },
    { type: 'string', pattern: '^[0-9](?:[ -]*[0-9]){5}$', maxLength: 16 },
    Reads((text) => (text.length <= 16 ? text.normalize('NFKC').replace(/[\s\p{Pd}]+/gu, '') : text)),
    IsString(),
    Matches(/^[0-9]{6}$/, { message: '$property must have six digits' }),
  );
}

/** How somebody says who they are: an e-mail address, a mobile number or a username. */
export function IdentifierField(options: FieldOptions, ...rules: PropertyDecorator[]) {
  const example = { example: 'ada@example.com', ...options };
  return applyDecorators(TextField({ ...example, max: 191 }), Reads(canonicalIdentifier), ...rules);
}

/** A whole number from `min` to `max`. */
export function IntegerField(options: FieldOptions & { min: number; max: number }) {
  const { min, max } = options;
  return field(options, { type: 'integer', minimum: min, maximum: max }, IsInt(), Min(min), Max(max));
}

export function IdField(options: FieldOptions) {
  return IntegerField({ example: 1, ...options, min: 1, max: MAX_ID });
}

export function BooleanField(options: FieldOptions) {
  return field(options, { type: 'boolean' }, IsBoolean());
}

export function EnumField(options: FieldOptions & { values: readonly string[]; name: string }) {
  return field(options, { enum: [...options.values], enumName: options.name }, IsIn(options.values));
}

/**
 * A calendar day, `YYYY-MM-DD`, that has begun somewhere on earth: today is today in the zone that is furthest ahead
 * (UTC+14), so that nobody born this morning is refused. Text, never a time: no zone can move it.
 */
export function PastDayField(options: FieldOptions) {
  return field(
    { example: '1990-12-10', ...options },
    { type: 'string', format: 'date' },
    IsString(),
    Matches(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, { message: '$property must be a date like 1990-12-10' }),
    Validates('isDay', '$property must be a day of the calendar', isDay),
    Validates('isPastDay', '$property must not be in the future or before 1900', isPastDay),
  );
}

/** `YYYY-MM-DD` of a day there is. */
export function isDay(value: unknown): boolean {
  const time = Date.parse(`${String(value)}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === value;
}

const FURTHEST_AHEAD = 14 * 60 * 60_000;

function isPastDay(value: unknown): boolean {
  const today = new Date(Date.now() + FURTHEST_AHEAD).toISOString().slice(0, 10);
  return typeof value === 'string' && value >= '1900-01-01' && value <= today;
}

/** The `sort` parameter of a list, of a type called `name`; which fields it takes is checked when the query is read. */
export function SortField(fields: readonly string[], name: string): PropertyDecorator {
  const values = fields.flatMap((one) => [one, `-${one}`]);
  return field(
    {
      optional: true,
      example: values[0],
      description: 'Field to order by; a leading - turns the order round.',
    },
    { enum: values, enumName: name },
    IsString(),
    MaxLength(64),
  );
}
