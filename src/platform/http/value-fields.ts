import { Transform } from 'class-transformer';
import { IsDate, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { isVisible } from '../../common/text.js';
import { Validates } from './contact-fields.js';
import { field, type FieldOptions, isDay, Reads } from './fields.js';

/** Controls but tab and line feed; Postgres' text cannot hold NUL. */
// oxlint-disable-next-line no-control-regex -- control characters are what this rule is about
const NO_CONTROLS_BUT_LINES = /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/u;
/** RFC 3339, section 5.6, with no more digits of a second than are kept. */
const TIME =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,3})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/;

/** Several lines of text with something to see in it; lines end with a line feed. `max` in UTF-16 units. */
export function LongTextField(options: FieldOptions & { max: number }) {
  const { max } = options;
  return field(
    options,
    { type: 'string', minLength: 1, maxLength: max },
    Reads((text) => text.replaceAll('\r\n', '\n').trim()),
    IsString(),
    MinLength(1),
    MaxLength(max),
    Validates(
      'isVisible',
      '$property must have visible characters',
      (value) => typeof value === 'string' && isVisible(value),
    ),
    Matches(NO_CONTROLS_BUT_LINES, { message: '$property must not contain control characters' }),
  );
}

/**
 * An exact number of at most `precision` digits, `scale` of them after the point: text, since a number of JSON is read as
 * a binary fraction in most languages.
 */
export function DecimalField(options: FieldOptions & { precision: number; scale: number }) {
  const { precision, scale } = options;
  const whole = precision - scale;
  const pattern = new RegExp(`^-?(?:0|[1-9][0-9]{0,${whole - 1}})(?:[.][0-9]{1,${scale}})?$`);
  return field(
    options,
    { type: 'string', pattern: pattern.source, maxLength: precision + 2 },
    IsString(),
    MaxLength(precision + 2),
    Matches(pattern, {
      message: `$property must be a number as text, like "12.5", with at most ${whole} digits before the point and ${scale} after it`,
    }),
  );
}

/** A calendar day, `YYYY-MM-DD`, from year 1 to 9999. Text, never a time: no zone can move it. */
export function DayField(options: FieldOptions) {
  return field(
    { example: '2026-05-04', ...options },
    { type: 'string', format: 'date' },
    IsString(),
    Matches(/^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}$/, { message: '$property must be a date like 2026-05-04' }),
    Validates('isDay', '$property must be a day of the calendar', isDay),
  );
}

/** A moment (RFC 3339), from year 1 to 9999, with its zone and at most milliseconds; read as a `Date`. */
export function TimeField(options: FieldOptions) {
  return field(
    { example: '2026-05-04T09:30:00.000Z', ...options },
    { type: 'string', format: 'date-time' },
    Transform(({ value }: { value: unknown }) => readTime(value)),
    IsDate({ message: '$property must be a time with its zone, like 2026-05-04T09:30:00Z' }),
  );
}

function readTime(value: unknown): unknown {
  // A day there is not would be read as one of the next month.
  if (typeof value !== 'string' || !TIME.test(value) || !isDay(value.slice(0, 10))) return value;
  const time = new Date(value.toUpperCase());
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999 ? time : value;
}

/** An id made elsewhere (RFC 9562), of any version; read in lower case. */
export function UuidField(options: FieldOptions) {
  return field(
    { example: '5353f605-62c8-4953-a6ae-3cbd01586e19', ...options },
    { type: 'string', format: 'uuid' },
    Reads((text) => text.toLowerCase()),
    IsString(),
    Matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { message: '$property must be a UUID' }),
  );
}
