/** A JSON Schema of a document, as far as it is compared. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly [bound: string]: unknown;
}

/** A schema, and the document in which its references are. */
export interface Located {
  readonly schema: Schema;
  readonly document: object;
}

/** Whether others send what the schema describes, or are given it: what breaks the one may be harmless to the other. */
export type Use = 'taken' | 'given';

/** Bounds by which less is taken when they fall, and when they rise. */
const UPPER = ['maxLength', 'maxItems', 'maximum', 'maxProperties'];
const LOWER = ['minLength', 'minItems', 'minimum', 'minProperties'];

/**
 * What of the former schema somebody relies on and is no longer so, one sentence each. Given may be more members, and other
 * values of an enumeration; taken may be more of everything, as long as nothing more is asked for.
 */
export function schemaChanges(before: Located, after: Located, use: Use, place = ''): string[] {
  return compare(before, after, use, place, new Set());
}

function compare(before: Located, after: Located, use: Use, place: string, seen: Set<string>): string[] {
  const pair = `${before.schema.$ref} ${after.schema.$ref}`;
  if (before.schema.$ref !== undefined && seen.has(pair)) return [];
  const visited = before.schema.$ref === undefined ? seen : new Set([...seen, pair]);
  const [one, other] = [flat(before), flat(after)];
  const into = (was: Schema, is: Schema, below: string) =>
    compare(
      { schema: was, document: before.document },
      { schema: is, document: after.document },
      use,
      `${place}${below}`,
      visited,
    );
  const at = place || 'the body';
  return [
    ...typeChanges(one, other, use).map((change) => `${at} ${change}`),
    ...(use === 'taken' ? boundChanges(one, other).map((change) => `${at} ${change}`) : []),
    ...memberChanges(one, other, use).map(([name, change]) => `${place}${dot(place)}${name} ${change}`),
    ...Object.entries(one.properties ?? {}).flatMap(([name, was]) => {
      const is = other.properties?.[name];
      return is ? into(was, is, `${dot(place)}${name}`) : [];
    }),
    ...(one.items && other.items ? into(one.items, other.items, '[]') : []),
    ...alternativeChanges(one, other).map((change) => `${at} ${change}`),
    ...alternativesOf(one).flatMap((was, index) => {
      const is = alternativesOf(other)[index];
      return is ? into(was, is, '') : [];
    }),
    ...(isSchema(one.additionalProperties) && isSchema(other.additionalProperties)
      ? into(one.additionalProperties, other.additionalProperties, `${dot(place)}*`)
      : []),
  ];
}

const dot = (place: string) => (place === '' ? '' : '.');
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

/** References followed, parts joined, and "this or null" as a type that may be null. */
function flat({ schema, document }: Located): Schema {
  const node = resolve(schema, document);
  const parts = (node.allOf ?? []).map((part) => flat({ schema: part, document }));
  const other = node.anyOf?.find((one) => one.type !== 'null');
  const orNull = node.anyOf?.length === 2 && other && node.anyOf.some((one) => one.type === 'null');
  if (orNull) {
    const only = flat({ schema: other, document });
    return { ...only, type: [...typesOf(only), 'null'] };
  }
  if (parts.length === 0) return node;
  return {
    ...Object.assign({}, ...parts),
    ...node,
    allOf: undefined,
    properties: Object.assign({}, ...parts.map(({ properties }) => properties), node.properties),
    required: [...parts, node].flatMap(({ required }) => required ?? []),
  } as Schema;
}

function resolve(node: Schema, document: object): Schema {
  if (node.$ref === undefined) return node;
  const parts = node.$ref.split('/').slice(1);
  const found = parts.reduce<unknown>(
    (at, part) => (at as Record<string, unknown> | undefined)?.[part],
    document,
  );
  if (!isSchema(found)) throw new Error(`${node.$ref} is not in the document`);
  return resolve(found, document);
}

const typesOf = ({ type, enum: values, const: only }: Schema): readonly string[] => {
  if (type !== undefined) return [type].flat();
  const known = values ?? (only === undefined ? [] : [only]);
  return [...new Set(known.map((value) => (value === null ? 'null' : typeof value)))];
};

const takes = (types: readonly string[], type: string) =>
  types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'));

function typeChanges(one: Schema, other: Schema, use: Use): string[] {
  const [was, is] = [typesOf(one), typesOf(other)];
  if (use === 'taken') {
    const lost = was.filter((type) => !takes(is, type));
    const narrowed = was.length === 0 && is.length > 0;
    const values = valuesOf(other);
    const gone = values && (valuesOf(one) ?? []).filter((value) => !values.includes(value));
    return [
      ...lost.map((type) => `can no longer be ${type}`),
      ...(narrowed ? [`can only be ${is.join(' or ')} now`] : []),
      ...(gone ?? []).map((value) => `can no longer be ${value}`),
      ...(values && !valuesOf(one) ? ['can only be one of some values now'] : []),
      ...(other.format !== undefined && one.format !== other.format ? [`has to be ${other.format} now`] : []),
      ...(other.pattern !== undefined && one.pattern !== other.pattern
        ? ['has to match another pattern']
        : []),
    ];
  }
  const more = was.length > 0 ? is.filter((type) => !takes(was, type)) : [];
  return [
    ...more.map((type) => `can be ${type} now`),
    ...(is.length === 0 && was.length > 0 ? ['can be anything now'] : []),
    ...(one.format !== undefined && one.format !== other.format ? [`is no longer ${one.format}`] : []),
    ...(one.const !== undefined && valuesOf(other)?.[0] !== JSON.stringify(one.const)
      ? [`is no longer ${JSON.stringify(one.const)}`]
      : []),
  ];
}

function valuesOf({ enum: values, const: only }: Schema): string[] | undefined {
  if (only !== undefined) return [JSON.stringify(only)];
  return values?.map((value) => JSON.stringify(value));
}

function boundChanges(one: Schema, other: Schema): string[] {
  const tighter = (names: readonly string[], isTighter: (was: number, is: number) => boolean, open: number) =>
    names.filter((name) =>
      isTighter((one[name] as number | undefined) ?? open, (other[name] as number | undefined) ?? open),
    );
  return [
    ...tighter(UPPER, (was, is) => is < was, Infinity),
    ...tighter(LOWER, (was, is) => is > was, -Infinity).filter(
      // Nothing is shorter than nothing.
      (name) => one[name] !== undefined || name === 'minimum' || Number(other[name]) > 0,
    ),
  ].map((name) => `has another ${name}: ${said(one[name])} before, ${said(other[name])} now`);
}

const said = (bound: unknown) => (typeof bound === 'number' ? String(bound) : 'none');

function memberChanges(one: Schema, other: Schema, use: Use): [name: string, change: string][] {
  const [was, is] = [Object.keys(one.properties ?? {}), new Set(Object.keys(other.properties ?? {}))];
  const [asked, asks] = [new Set(one.required), new Set(other.required)];
  const gone = was.filter((name) => !is.has(name)).map((name): [string, string] => [name, 'is gone']);
  if (use === 'taken') {
    const needed = [...asks].filter((name) => !asked.has(name));
    return [...gone, ...needed.map((name): [string, string] => [name, 'has to be sent now'])];
  }
  const optional = [...asked].filter((name) => is.has(name) && !asks.has(name));
  return [...gone, ...optional.map((name): [string, string] => [name, 'may be missing now'])];
}

const alternativesOf = ({ oneOf, anyOf }: Schema): readonly Schema[] => oneOf ?? anyOf ?? [];

function alternativeChanges(one: Schema, other: Schema): string[] {
  const [was, is] = [alternativesOf(one).length, alternativesOf(other).length];
  return was === is ? [] : [`has ${is} alternatives, not ${was}`];
}
