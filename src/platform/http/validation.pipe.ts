import { type ArgumentMetadata, type Type, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import type { Region } from '../../common/canonical-contact.js';
import type { ReadingOptions } from './reading-options.js';
import { ValidationFailed } from './http.errors.js';

export interface FieldError {
  /** Path of the field: `checks[0].privilege`. */
  field: string;
  /** The rule that refused it: `isEmail`, `maxLength`, `whitelistValidation` … */
  rule: string;
  message: string;
}

class StrictValidationPipe extends ValidationPipe {
  /** Path parameters go to their own pipes as sent: Nest would turn `1e3` and `0x10` into numbers before. */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'param') return value;
    // Nest reads anything else as an object without fields, which a body of optional fields would let pass.
    if (metadata.type === 'body' && value !== undefined && (Array.isArray(value) || Object(value) !== value))
      throw notAnObject();
    refuseIllFormed(value);
    const result: unknown = await super.transform(value, metadata);
    // No body at all lacks the fields that are required, and is refused all the same where none is.
    if (metadata.type === 'body' && value === undefined) throw notAnObject();
    return result;
  }
}

/**
 * Validates bodies and queries against their DTO. Unknown fields are refused, unless `dropsUnknown`. What people write in
 * more than one way is read into one (`fields.ts`); `defaultRegion` is where mobile numbers without a country code are at
 * home.
 */
export function createValidationPipe(
  defaultRegion: Region | null = null,
  { dropsUnknown = false } = {},
): ValidationPipe {
  // An absent optional field stays absent, so that PATCH can tell it from null.
  const transformOptions: ReadingOptions = { exposeUnsetFields: false, defaultRegion };
  return new StrictValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: !dropsUnknown,
    forbidUnknownValues: true,
    transform: true,
    stopAtFirstError: true,
    transformOptions,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => validationFailed(errors.flatMap((error) => flatten(error, ''))),
  });
}

const lenientPipe = createValidationPipe(null, { dropsUnknown: true });
/** A process has one region. */
const pipes = new Map<Region | null, ValidationPipe>();

function pipeOf(region: Region | null): ValidationPipe {
  const pipe = pipes.get(region) ?? createValidationPipe(region);
  pipes.set(region, pipe);
  return pipe;
}

/**
 * Reads the fields of a form into a DTO, by the same rules as a body, for pages that show what is wrong beside the form.
 * @throws ValidationFailed
 */
export async function readForm<Dto extends object>(
  type: Type<Dto>,
  form: unknown,
  defaultRegion: Region | null = null,
): Promise<Dto> {
  return (await pipeOf(defaultRegion).transform(form, { type: 'body', metatype: type })) as Dto;
}

/**
 * As {@link readForm}, for protocols that have unknown parameters ignored (RFC 6749 section 3.2). @throws ValidationFailed
 */
export async function readParameters<Dto extends object>(type: Type<Dto>, form: unknown): Promise<Dto> {
  return (await lenientPipe.transform(form, { type: 'body', metatype: type })) as Dto;
}

export function validationFailed(errors: FieldError[]): ValidationFailed {
  const fields = [...new Set(errors.map((error) => error.field))].join(', ');
  return new ValidationFailed(`Correct these fields: ${fields}.`, { members: { errors } });
}

/**
 * A surrogate without its other half is no text: it cannot be stored, and two of them are one where a secret is hashed.
 * Requests are not nested deeply (`request-shape.ts`).
 */
function refuseIllFormed(value: unknown): void {
  const errors = illFormed(value, '').map((field) => ({
    field,
    rule: 'isWellFormed',
    message: `${field} must be well-formed Unicode`,
  }));
  if (errors.length > 0) throw validationFailed(errors);
}

/** Paths of ill-formed texts, and of what is called by one. */
function illFormed(value: unknown, path: string): string[] {
  if (typeof value === 'string') return value.isWellFormed() ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = Array.isArray(value) ? `${path}[${name}]` : [path, name].filter(Boolean).join('.');
    return name.isWellFormed() ? illFormed(member, at) : [at.toWellFormed()];
  });
}

function notAnObject(): ValidationFailed {
  return validationFailed([{ field: 'body', rule: 'isObject', message: 'the body must be a JSON object' }]);
}

function flatten(error: ValidationError, parent: string): FieldError[] {
  const isIndex = /^\d+$/.test(error.property);
  const field = isIndex ? `${parent}[${error.property}]` : [parent, error.property].filter(Boolean).join('.');
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    rule,
    message: rule === 'whitelistValidation' ? `${error.property} is not a known field` : message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, field))];
}
