import { type Json, type JsonObject, objectsIn, refTo, resolve, within } from './openapi-json.js';

/** Classes are named for what they are in the code; in clients a type is named for what it is about. */
const SUFFIX = /(?:Dto|Response)$/;

/** What the classes say, as JSON Schema 2020-12 has it and clients like it; bodies of requests refuse other members. */
export function completeSchemas(document: JsonObject): void {
  modernise(document.paths);
  modernise(document.components);
  nameSchemas(document);
  sharePaging(within(within(document, 'components'), 'schemas'));
  for (const schema of bodySchemas(document)) if (schema.properties) schema.additionalProperties = false;
}

/** 3.1 has no `nullable`: a type may be a list instead. A reference may have other members beside it. */
function modernise(node: Json | undefined): void {
  for (const schema of objectsIn(node)) {
    const [only, ...others] = Array.isArray(schema.allOf) ? (schema.allOf as JsonObject[]) : [];
    if (only?.$ref && others.length === 0 && !schema.properties) {
      schema.$ref = only.$ref;
      delete schema.allOf;
    }
    if (schema.nullable === true) {
      if (typeof schema.type === 'string') schema.type = [schema.type, 'null'];
      else if (schema.$ref) {
        schema.anyOf = [{ $ref: schema.$ref }, { type: 'null' }];
        delete schema.$ref;
      }
    }
    delete schema.nullable;
  }
}

/** @throws Error when two classes would have one name */
function nameSchemas(document: JsonObject): void {
  const components = within(document, 'components');
  const named: JsonObject = {};
  for (const [className, schema] of Object.entries(within(components, 'schemas'))) {
    const name = className.replace(SUFFIX, '');
    if (name in named) throw new Error(`Two schemas are called ${name}: give one another name (@ApiSchema)`);
    named[name] = schema;
  }
  components.schemas = named;
  for (const node of objectsIn(document)) {
    if (typeof node.$ref === 'string' && node.$ref.startsWith('#/components/schemas/')) {
      node.$ref = node.$ref.replace(SUFFIX, '');
    }
  }
}

/** What pages have in common is a type of its own. */
function sharePaging(schemas: JsonObject): void {
  const pages = (Object.values(schemas) as JsonObject[]).filter(
    ({ properties }) => properties && 'nextCursor' in (properties as JsonObject),
  );
  for (const page of pages) {
    const { items, ...properties } = page.properties as JsonObject;
    schemas.Page ??= { type: 'object', description: 'Of a list.', required: ['nextCursor'], properties };
    Object.assign(page, { allOf: [refTo('schemas', 'Page')], required: ['items'], properties: { items } });
  }
}

/** Every schema that a body of a request consists of. */
function bodySchemas(document: JsonObject): Set<JsonObject> {
  const found = new Set<JsonObject>();
  const visit = (node: Json | undefined): void => {
    for (const one of objectsIn(node)) {
      const schema = resolve(one, document);
      if (found.has(schema)) continue;
      found.add(schema);
      if (schema !== one) visit(schema);
    }
  };
  for (const item of Object.values(document.paths as JsonObject)) {
    for (const operation of Object.values(item as JsonObject)) visit((operation as JsonObject).requestBody);
  }
  return found;
}

/** Made from the examples of the fields: of those that are required, and of those that have one. */
export function exampleOf(schema: JsonObject, document: JsonObject): Json {
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  const [first] = [schema.oneOf, schema.anyOf].flat() as (JsonObject | undefined)[];
  if (schema.$ref) return exampleOf(resolve(schema, document), document);
  if (schema.properties || schema.allOf) {
    const parents = ((schema.allOf ?? []) as JsonObject[]).map(
      (one) => exampleOf(one, document) as JsonObject,
    );
    const required = new Set(schema.required as string[] | undefined);
    const shown = Object.entries((schema.properties ?? {}) as JsonObject).filter(
      ([name, property]) => required.has(name) || (property as JsonObject).example !== undefined,
    );
    const own = shown.map(([name, property]) => [name, exampleOf(property as JsonObject, document)] as const);
    return Object.assign({}, ...parents, Object.fromEntries(own)) as JsonObject;
  }
  if (first) return exampleOf(first, document);
  if (schema.type === 'array') return [exampleOf(schema.items as JsonObject, document)];
  return (schema.enum as Json[] | undefined)?.[0] ?? null;
}
