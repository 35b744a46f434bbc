// JSON Schemas of events, made from what the code declares (`defineEvent` in *.events.ts) with the compiler's own eyes.
import { globSync } from 'node:fs';
import ts from 'typescript';

export interface EventSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  required?: string[];
  properties?: Record<string, EventSchema>;
  items?: EventSchema;
  additionalProperties?: boolean;
  [annotation: string]: unknown;
}

/** What the type of the code decides; all else is said by people and kept. */
const STRUCTURE = new Set([
  'type',
  'enum',
  'const',
  'required',
  'properties',
  'items',
  'additionalProperties',
]);

/** The schema of each event's data by `<type>.v<version>`, with what `known` schemas say beside the structure. */
export function eventSchemas(known: Readonly<Record<string, EventSchema>>): Record<string, EventSchema> {
  const schemas: Record<string, EventSchema> = {};
  for (const { name, type, made } of declaredEvents()) {
    const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', title: type };
    schemas[name] = inOrderOf(known[name] ?? {}, { ...head, ...merge(known[name], made) });
  }
  return schemas;
}

interface Declared {
  readonly name: string;
  readonly type: string;
  readonly made: EventSchema;
}

function declaredEvents(): Declared[] {
  const files = globSync('src/**/*.events.ts').toSorted();
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const program = ts.createProgram(files, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  return files.flatMap((file) =>
    (program.getSourceFile(file)?.statements ?? [])
      .flatMap((one) => (ts.isVariableStatement(one) ? [...one.declarationList.declarations] : []))
      .map((declaration) => eventOf(declaration, checker))
      .filter((event) => event !== undefined),
  );
}

/** `const name = defineEvent('type', 1, …)`; undefined for anything else. */
function eventOf({ initializer }: ts.VariableDeclaration, checker: ts.TypeChecker): Declared | undefined {
  if (!initializer || !ts.isCallExpression(initializer)) return undefined;
  const [type, version] = initializer.arguments;
  if (initializer.expression.getText() !== 'defineEvent' || !type || !version) return undefined;
  if (!ts.isStringLiteral(type) || !ts.isNumericLiteral(version))
    throw new Error(`defineEvent(${type.getText()}, …) needs its type and version written out`);
  const name = `${type.text}.v${version.text}`;
  const [signature] = checker.getTypeAtLocation(initializer).getCallSignatures();
  const payload = signature?.getReturnType().getProperty('payload');
  if (!payload) throw new Error(`${name} has no payload`);
  const made = schemaOf(checker.getTypeOfSymbolAtLocation(payload, initializer), name, checker, initializer);
  return { name, type: type.text, made };
}

function schemaOf(type: ts.Type, place: string, checker: ts.TypeChecker, at: ts.Node): EventSchema {
  const into = (one: ts.Type, name: string) => schemaOf(one, `${place}.${name}`, checker, at);
  const has = (flag: ts.TypeFlags) => (type.flags & flag) !== 0;
  if (has(ts.TypeFlags.BooleanLike)) return { type: 'boolean' };
  if (type.isUnion()) {
    const parts = type.types.filter(
      (one) => (one.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) === 0,
    );
    const isNullable = type.types.some((one) => (one.flags & ts.TypeFlags.Null) !== 0);
    const literals = parts.map((one) => (one.isStringLiteral() ? one.value : undefined));
    const made = literals.includes(undefined)
      ? into(checker.getNonNullableType(type), '')
      : { enum: literals as string[] };
    return isNullable ? orNull(made) : made;
  }
  if (type.isStringLiteral()) return { const: type.value };
  if (has(ts.TypeFlags.NumberLike)) return { type: 'integer' };
  if (has(ts.TypeFlags.StringLike)) return { type: 'string' };
  if (checker.isArrayLikeType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    if (item) return { type: 'array', items: into(item, '[]') };
  }
  const properties = checker.getPropertiesOfType(type);
  if (!has(ts.TypeFlags.Object) || properties.length === 0)
    throw new Error(`${place} is ${checker.typeToString(type)}: events carry ids and plain values`);
  const isOptional = ({ flags }: ts.Symbol) => (flags & ts.SymbolFlags.Optional) !== 0;
  return {
    type: 'object',
    required: properties.filter((one) => !isOptional(one)).map(({ name }) => name),
    additionalProperties: false,
    properties: Object.fromEntries(
      properties.map((one) => [one.name, into(checker.getTypeOfSymbolAtLocation(one, at), one.name)]),
    ),
  };
}

const orNull = (schema: EventSchema): EventSchema =>
  schema.enum
    ? { enum: [...schema.enum, null] }
    : { ...schema, type: [schema.type ?? 'string', 'null'].flat() };

/** The structure of `made` with the words and bounds of `known`. */
function merge(known: EventSchema | undefined, made: EventSchema): EventSchema {
  if (!known) return made;
  const said = Object.entries(known).filter(([key]) => !STRUCTURE.has(key));
  // The compiler sees a text where people know which ones there are.
  if (made.type === 'string' && (known.enum ?? known.const) !== undefined) return known;
  // What was retyped has other bounds.
  const isRetyped = JSON.stringify(known.type) !== JSON.stringify(made.type);
  const kept = Object.fromEntries(isRetyped ? said.filter(([key]) => key === 'description') : said);
  const merged: EventSchema = { ...kept, ...made };
  if (made.enum && known.enum && sameSet(made.enum, known.enum)) merged.enum = known.enum;
  if (made.items) merged.items = merge(known.items, made.items);
  if (made.properties) {
    const { properties: before = {}, required: wasSent = [] } = known;
    merged.properties = Object.fromEntries(
      Object.entries(made.properties).map(([name, schema]) => [name, merge(before[name], schema)]),
    );
    // Events of older releases lack a field that was added.
    merged.required = (made.required ?? []).filter((name) => wasSent.includes(name));
    merged.properties = inOrderOf(before, merged.properties);
  }
  return inOrderOf(known, merged);
}

/** So that what changes is a change of something. */
function inOrderOf<Value>(
  before: Readonly<Record<string, unknown>>,
  after: Record<string, Value>,
): Record<string, Value> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    Object.entries(after).toSorted(([one], [other]) => [...names].indexOf(one) - [...names].indexOf(other)),
  );
}

const sameSet = (one: readonly unknown[], other: readonly unknown[]) =>
  one.length === other.length && one.every((value) => other.includes(value));
