import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from '../support/contract.js';

interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** One field of a JSON body, or of an object in it. */
export interface Field {
  /** Where it is: `['checks', 0, 'privilege']`. */
  readonly place: readonly (string | number)[];
  /** As errors name it: `checks[0].privilege`. */
  readonly name: string;
  readonly types: ReadonlySet<string>;
  readonly isRequired: boolean;
  /** An empty text is refused. */
  readonly isFilled: boolean;
  /** Least and greatest number it takes; unbounded where the document says nothing. */
  readonly range: readonly [least: number, greatest: number];
}

/** The objects of a body: the body itself, and the items of its lists. */
export interface Container {
  readonly place: Field['place'];
  readonly known: ReadonlySet<string>;
}

/** What the document says of the JSON body of an operation, down to the items of lists. */
export function describeBody(
  document: OpenAPIObject,
  operation: Operation,
): { fields: readonly Field[]; containers: readonly Container[] } {
  const fields: Field[] = [];
  const containers: Container[] = [];

  const resolve = (schema: Schema): Schema => {
    const [name] = schema.$ref?.split('/').slice(-1) ?? [];
    if (name !== undefined) return resolve(document.components?.schemas?.[name] ?? {});
    // Of a body that is one of several the first, which the example is of.
    const [first] = schema.properties ? [] : (schema.oneOf ?? []);
    return first ? resolve(first) : schema;
  };
  const typesOf = (schema: Schema): string[] => {
    const resolved = resolve(schema);
    if (resolved.anyOf) return resolved.anyOf.flatMap(typesOf);
    return [resolved.type ?? []].flat();
  };
  const visit = (schema: Schema, place: Field['place'], isRequired: boolean): void => {
    const resolved = resolve(schema);
    if (place.length > 0) {
      const isEnum = [resolved, ...(resolved.anyOf ?? []).map(resolve)].some((one) => one.enum);
      fields.push({
        place,
        name: nameOf(place),
        types: new Set(typesOf(schema)),
        isRequired,
        isFilled: isEnum || resolved.minLength !== 0,
        range: [resolved.minimum ?? Number.NEGATIVE_INFINITY, resolved.maximum ?? Number.POSITIVE_INFINITY],
      });
    }
    if (resolved.items) visit(resolved.items, [...place, 0], false);
    if (!resolved.properties) return;
    containers.push({ place, known: new Set(Object.keys(resolved.properties)) });
    for (const [key, property] of Object.entries(resolved.properties)) {
      visit(property, [...place, key], resolved.required?.includes(key) ?? false);
    }
  };

  visit(operation.requestBody?.content['application/json']?.schema ?? {}, [], true);
  return { fields, containers };
}

export function nameOf(place: Field['place']): string {
  return place
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index ? `.${part}` : part))
    .join('');
}

/** A copy of `body` with `value` at `place`; undefined leaves the member out. */
export function withValue(body: unknown, place: Field['place'], value: unknown): unknown {
  const [first, ...rest] = place;
  if (first === undefined) return value;
  if (Array.isArray(body)) {
    return body.map((item: unknown, index) => (index === first ? withValue(item, rest, value) : item));
  }
  const members = body as Record<string, unknown>;
  return { ...members, [first]: withValue(members[first], rest, value) };
}

const LONG = 'x'.repeat(64 * 1024);

/** Values no field of these types takes. */
export function wrongValues({ types, isFilled, range: [least, greatest] }: Field): unknown[] {
  const wrong: unknown[] = [{}, { length: 1 }, [[]], [{}], LONG];
  const add = (unless: string, ...values: unknown[]) => {
    if (!types.has(unless)) wrong.push(...values);
  };
  add('null', null);
  add('boolean', true, false);
  add('array', [], ['x'], [1]);
  add('string', '1', 'true', 'null');
  if (!types.has('string') || isFilled) wrong.push('');
  add('integer', 0, 1, -1);
  if (types.has('integer')) {
    const numbers = [0, -1, 2_147_483_648, 99_999_999_999, 1e21];
    wrong.push(1.5, ...numbers.filter((number) => number < least || number > greatest));
  }
  return wrong.filter((value) => !(types.has('object') && isPlainObject(value)));
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
