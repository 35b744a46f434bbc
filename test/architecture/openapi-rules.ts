import type { OpenAPIObject } from '@nestjs/swagger';
import { Contract, type Operation, resolve } from '../support/contract.js';

/** Formats whose texts have a length of their own. */
const FIXED = new Set(['date-time', 'date', 'uuid']);
const SHARED_SCHEMA = /^components\/schemas\/\w+$/;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly allOf?: readonly Schema[];
  readonly nullable?: boolean;
  readonly example?: unknown;
}

/** What every document of ours has to be, beside what Redocly's recommended rules ask for; the faults, or none. */
export function faultsOf(document: OpenAPIObject): string[] {
  const contract = new Contract(document);
  return [
    ...contract.operations.flatMap((operation) =>
      [
        ...labelFaults(document, operation),
        ...statusFaults(operation),
        ...headerFaults(operation),
        ...exampleFaults(contract, operation),
        ...problemFaults(document, operation),
      ].map((fault) => `${operation.method} ${operation.path} ${fault}`),
    ),
    ...twice(contract.operations.map(({ operationId }) => operationId ?? '')).map(
      (id) => `${id} is there twice`,
    ),
    ...schemaFaults(document),
    ...openBodies(document, contract.operations).map((name) => `${name} takes members it does not name`),
  ];
}

function labelFaults(document: OpenAPIObject, operation: Operation): string[] {
  const { operationId = '', summary = '', description = '', tags = [] } = operation;
  const described = new Set(document.tags?.filter((tag) => tag.description).map(({ name }) => name));
  const privileges = operation['x-required-privileges'] ?? [];
  return [
    ...(/^[a-z][A-Za-z]{2,}$/.test(operationId) ? [] : ['has no operationId']),
    ...(/^[A-Z].{4,79}$/.test(summary) ? [] : ['has no summary']),
    ...(/^[A-Z].{9,}\.$/s.test(description) ? [] : ['has no description']),
    ...(tags.length === 1 && tags.every((tag) => described.has(tag)) ? [] : ['has no tag that is described']),
    ...privileges
      .filter((name) => !description.includes(`\`${name}\``))
      .map((name) => `does not describe ${name}`),
  ];
}

/** The statuses that an operation of its kind cannot but have. */
function statusFaults({
  path,
  parameters,
  requestBody,
  responses,
  security,
  ...operation
}: Operation): string[] {
  const takes = (header: string) => parameters.some((one) => one.in === 'header' && one.name === header);
  const isLimited = Object.values(responses).some(({ headers }) => headers && 'RateLimit' in headers);
  const needed = {
    '400': true,
    '401': security.length > 0,
    '403': operation['x-required-privileges'] !== undefined,
    '404': path.includes('{'),
    '409': takes('Idempotency-Key'),
    '412': takes('If-Match'),
    '413': requestBody !== undefined,
    '415': requestBody !== undefined,
    '422': takes('Idempotency-Key'),
    '429': isLimited,
    // That the process lives is answered by nothing else.
    '503': !path.endsWith('/health/live'),
    default: true,
  };
  const missing = Object.entries(needed).filter(([status, isNeeded]) => isNeeded && !responses[status]);
  const hasSuccess = Object.keys(responses).some((status) => /^(2\d\d|302)$/.test(status));
  return [...missing.map(([status]) => `lacks ${status}`), ...(hasSuccess ? [] : ['lacks a success'])];
}

function headerFaults({ parameters, responses }: Operation): string[] {
  const isConditional = parameters.some(({ name }) => name === 'If-None-Match');
  const needed: Readonly<Record<string, readonly string[]>> = {
    '200': isConditional ? ['ETag'] : [],
    '201': ['Location'],
    '302': ['Location'],
    '304': ['ETag'],
    '401': ['WWW-Authenticate'],
    '429': ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  };
  return Object.entries(responses).flatMap(([status, { headers = {} }]) =>
    ['X-Request-Id', ...(needed[status] ?? [])]
      .filter((name) => !(name in headers))
      .map((name) => `${status} lacks ${name}`),
  );
}

/** Every body has an example, which its schema takes. */
function exampleFaults(contract: Contract, { method, path, requestBody, responses }: Operation): string[] {
  const request = {
    place: ['paths', path, method.toLowerCase(), 'requestBody'],
    content: requestBody?.content,
  };
  return [request, ...Object.values(responses)].flatMap(({ place, content }) =>
    Object.entries(content ?? {}).flatMap(([type, { example, examples }]) => {
      const name = `${place.at(-1)} as ${type}`;
      const all = examples
        ? Object.values(examples).map(
            (one) => resolve<{ value: unknown }>(contract.document, one, []).node.value,
          )
        : [example];
      if (all.length === 0 || all.includes(undefined)) return [`${name} has no example`];
      return all
        .flatMap((one) => contract.faultsOf([...place, 'content', type, 'schema'], one))
        .map((fault) => `${name} has an example that is none: ${fault}`);
    }),
  );
}

/** An error says which codes it may have, all of them of the catalogue. */
function problemFaults(document: OpenAPIObject, { responses }: Operation): string[] {
  const known = (document.components?.schemas?.ProblemCode as Schema | undefined)?.enum ?? [];
  return Object.entries(responses).flatMap(([status, { content }]) => {
    const { schema } = content?.['application/problem+json'] ?? {};
    if (!schema) return [];
    const { code } = (schema as Schema).allOf?.at(-1)?.properties ?? {};
    const codes = code?.enum ?? (code?.const === undefined ? [] : [code.const]);
    if (codes.length === 0) return [`${status} does not say which codes it has`];
    return codes.filter((one) => !known.includes(one)).map((one) => `${status} has the code ${String(one)}`);
  });
}

function schemaFaults(document: OpenAPIObject): string[] {
  const components = (document.components ?? {}) as Record<string, unknown>;
  const names = Object.keys(document.components?.schemas ?? {});
  return [
    ...names
      .filter((name) => !/^[A-Z]\w+$/.test(name) || /(?:Dto|Response)$/.test(name))
      .map((name) => `${name} is no name`),
    ...[...schemasIn(document.paths, 'paths'), ...schemasIn(components, 'components')].flatMap(
      ([place, schema]) =>
        faultsOfSchema(schema, SHARED_SCHEMA.test(place) || place.endsWith('/code')).map(
          (fault) => `${place} ${fault}`,
        ),
    ),
  ];
}

function faultsOfSchema(schema: Schema, isNamed: boolean): string[] {
  const types = [schema.type ?? []].flat();
  const isClosed = schema.enum !== undefined || schema.const !== undefined || FIXED.has(schema.format ?? '');
  const isFree =
    types.includes('object') &&
    !schema.properties &&
    typeof schema.additionalProperties !== 'object' &&
    !schema.allOf;
  return [
    ...(types.includes('string') && !isClosed && schema.maxLength === undefined ? ['has no maxLength'] : []),
    ...(types.includes('array') && schema.maxItems === undefined ? ['has no maxItems'] : []),
    ...(isFree || schema.additionalProperties === true ? ['is any object'] : []),
    ...(schema.enum && !isNamed ? ['is an enum without a name'] : []),
    ...('nullable' in schema ? ['is nullable as OpenAPI 3.0 had it'] : []),
    ...(types.length > 0 && 'example' in schema ? ['has an example as OpenAPI 3.0 had it'] : []),
  ];
}

/** Every object of the description, with its place; examples are data. */
function* schemasIn(node: unknown, place: string): Iterable<[place: string, schema: Schema]> {
  if (typeof node !== 'object' || node === null) return;
  yield [place, node];
  for (const [key, child] of Object.entries(node))
    if (key !== 'example' && key !== 'examples') yield* schemasIn(child, `${place}/${key}`);
}

/** Names of the schemas of bodies that do not refuse other members. */
function openBodies(document: OpenAPIObject, operations: readonly Operation[]): string[] {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    for (const [, { $ref }] of schemasIn(node, '')) {
      if ($ref === undefined || names.has($ref)) continue;
      names.add($ref);
      visit(resolve(document, { $ref }, []).node);
    }
  };
  for (const { requestBody } of operations) visit(requestBody);
  return [...names].filter(($ref) => {
    const schema = resolve<Schema>(document, { $ref }, []).node;
    return schema.properties && schema.additionalProperties !== false;
  });
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
