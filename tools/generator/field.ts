import { FIELD_TYPES, type FieldType, type Place } from './field-types.ts';
import { Refusal } from './refusal.ts';
import { COMMON_FIELDS, LIST_PARAMETERS, OBJECT_MEMBERS, SYSTEM_COLUMNS } from './reserved.ts';
import { snake } from './words.ts';

/** A field of a noun. */
export interface Field extends FieldType {
  /** As it was asked for: `dueOn`, `owner`. */
  readonly label: string;
  /** The property, and the member of JSON: `dueOn`, `ownerId`. */
  readonly name: string;
  readonly columnName: string;
  readonly isOptional: boolean;
  readonly isUnique: boolean;
  /** Left out, it is the user who makes the row. */
  readonly isOwner: boolean;
}

/** What is asked of a noun's fields. */
export interface FieldRequest {
  /** `dueOn:date?` each. */
  readonly fields: readonly string[];
  readonly owner: string | undefined;
  /** Names of fields. */
  readonly unique: readonly string[];
}

const COMMON_COLUMNS = new Set([...COMMON_FIELDS].map(snake));

/** What is asked for when nothing is. */
const DEFAULT_FIELDS = ['name:string:64'];
const MOST_FIELDS = 50;
/** The code writes fields into answers and into the audit log. */
const SECRET = /^(?:.*(?:password|secret)|.*token|.*otp|pin)$/i;

/** @throws Refusal */
export function readFields(request: FieldRequest, place: Pick<Place, 'owner' | 'table'>): Field[] {
  const { owner, unique } = request;
  if (owner !== undefined && owner !== 'user')
    throw new Refusal(`--owner takes user. For another noun say --field ${owner}:ref:${owner}.`);
  const asked = [...request.fields, ...(owner === undefined ? [] : ['owner:ref:user'])];
  const specs = asked.length > 0 ? asked : DEFAULT_FIELDS;
  if (specs.length > MOST_FIELDS)
    throw new Refusal(
      `${specs.length} fields are more than a noun has here (${MOST_FIELDS}): make several nouns of it.`,
    );
  const fields = specs.map((spec, index) =>
    readField(spec, place, unique, owner !== undefined && index === specs.length - 1),
  );
  refuseTwice(fields);
  const missing = unique.find((name) => !fields.some(({ label }) => label === name));
  if (missing !== undefined) throw new Refusal(`--unique ${missing}: there is no field ${missing}.`);
  return fields;
}

function readField(
  spec: string,
  place: Pick<Place, 'owner' | 'table'>,
  unique: readonly string[],
  isOwner: boolean,
): Field {
  const [label = '', typeName = '', ...rest] = spec.replace(/\?$/, '').split(':');
  const isOptional = spec.endsWith('?');
  if (typeName === '')
    throw new Refusal(
      `--field ${spec}: say its type as well, as in --field amount:decimal. ${typesInWords()}`,
    );
  refuseName(label);
  const known = Object.hasOwn(FIELD_TYPES, typeName) ? FIELD_TYPES[typeName] : undefined;
  if (!known) throw new Refusal(`There is no type ${typeName} (--field ${spec}). ${typesInWords()}`);
  const name = typeName === 'ref' ? `${label}Id` : label;
  const columnName = snake(name);
  if (COMMON_COLUMNS.has(columnName))
    throw new Refusal(`Every noun has the column ${columnName} already: give ${label} another name.`);
  const type = known.make(rest.join(':'), { ...place, label, column: columnName });
  if (type.filter !== undefined && LIST_PARAMETERS.has(name))
    throw new Refusal(`${name} is a parameter of every list: give the field another name.`);
  const isUnique = unique.includes(label);
  // Its name is part of the code of an error.
  if ((isUnique || type.target !== undefined) && /[0-9]/.test(label))
    throw new Refusal(`${label}: the name of a unique field, or of a reference, has letters only.`);
  if (isUnique) refuseUnique(label, typeName, rest.join(), isOptional);
  return { ...type, label, name, columnName, isOptional, isUnique, isOwner };
}

function refuseName(name: string): void {
  if (!/^[a-z][a-zA-Z0-9]{0,39}$/.test(name))
    throw new Refusal(
      `${JSON.stringify(name.slice(0, 60))} is no name of a field: write it as dueOn, at most 40 letters and digits.`,
    );
  if (COMMON_FIELDS.has(name)) throw new Refusal(`Every noun has ${name} already: leave the field out.`);
  if (OBJECT_MEMBERS.has(name) || SYSTEM_COLUMNS.has(name))
    throw new Refusal(`No field can be called ${name}: give it another name.`);
  if (SECRET.test(name))
    throw new Refusal(
      `${name} would be shown in answers and in the audit log. A secret needs code of its own: see src/platform/security.`,
    );
}

function refuseUnique(label: string, type: string, argument: string, isOptional: boolean): void {
  const isLongEnough = type === 'uuid' || (type === 'string' && (argument === '' || Number(argument) >= 32));
  if (!isLongEnough || isOptional)
    throw new Refusal(
      `--unique ${label}: only a field that is required, of the type uuid or string of at least 32 characters, can be unique.`,
    );
}

function refuseTwice(fields: readonly Field[]): void {
  const columns = new Map<string, string>();
  for (const { label, columnName } of fields) {
    const other = columns.get(columnName);
    if (other !== undefined)
      throw new Refusal(
        `${other} and ${label} would both have the column ${columnName}: give one another name.`,
      );
    columns.set(columnName, label);
  }
}

function typesInWords(): string {
  return `Types are ${Object.keys(FIELD_TYPES).join(', ')}; npm run generate:resource -- --help says more.`;
}
