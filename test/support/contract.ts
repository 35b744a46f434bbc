import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { allInOne } from '../../src/apps/all-in-one.js';
import { describeApi } from '../../src/apps/api-description.js';
import { createOpenApiDocument } from '../../src/platform/http/openapi.js';
import { ProductConfig } from '../../src/platform/product/product.config.js';
import type { ApiResponse } from './api.js';
import { noteSeen } from './seen.js';

interface Reference {
  readonly $ref?: string;
}

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Reference & { readonly value: unknown }>>;
}

interface Header extends Reference {
  readonly required?: boolean;
  readonly schema: { readonly type?: string };
}

interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Readonly<Record<string, Media>>;
  /** Where it stands in the document. */
  readonly place: readonly string[];
}

/** What the document says of an operation, references followed. */
export interface Operation {
  /** In capitals. */
  readonly method: string;
  /** With parameters in braces: `/api/v1/users/{id}`. */
  readonly path: string;
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema?: { readonly maximum?: number };
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response>>;
  /** Empty for a public one. */
  readonly security: readonly object[];
  readonly 'x-required-privileges'?: readonly string[];
  readonly 'x-recent-sign-in'?: boolean;
}

const PROBLEM = ['components', 'schemas', 'Problem'];
/** Answered by whatever operation, also before one is asked: documented in one place for all. */
export const ANYWHERE: ReadonlySet<number> = new Set([413, 414, 415, 431]);
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';
/** Pages for people: they answer errors as pages too. */
const PAGES = /^\/(?:recovery|recovery\/password|invitation)(?:\?|$)/;
const JSON_POINTER_ESCAPES: Readonly<Record<string, string>> = {
  '~': '~0',
  '/': '~1',
};

/** S7, S84: nothing of the inside ever shows. */
const NEVER_SHOWN: Readonly<Record<string, RegExp>> = {
  'a bcrypt hash': /\$2[aby]\$\d\d\$/,
  'a password scheme': /\{hmac-sha256\}/,
  'a stack trace': /\n\s+at .+:\d+:\d+|\.[jt]s:\d+:\d+/,
  'a path of the machine': /node_modules|\/work\/|\/home\/|\/usr\/|\/src\//,
  'an SQL statement': /\b(?:SELECT .* FROM|INSERT INTO|UPDATE "?\w+"? SET|duplicate key|syntax error at)\b/,
  'an error of a library': /QueryFailedError|TypeORMError|FST_ERR|TypeError|ECONNREFUSED/,
};

/** By the product's name. */
const contracts = new Map<string, Contract>();

/** What every answer has to be: as the OpenAPI document says, and fit to be seen by strangers. */
export class Contract {
  readonly operations: readonly Operation[];
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(readonly document: OpenAPIObject) {
    this.operations = operationsOf(document);
    // The package is CommonJS: its default export arrives as a member.
    ajvFormats.default(this.ajv);
    this.ajv.addFormat('password', true);
    // Closed, so that a member that is not documented is found.
    this.ajv.addSchema(closeSchemas(document), 'openapi');
  }

  /** Of the all-in-one process, which says the same in each of its apps but for the product's name. */
  static of(app: NestFastifyApplication): Contract {
    const { name } = app.get(ProductConfig);
    const made =
      contracts.get(name) ??
      new Contract(createOpenApiDocument(app, describeApi(allInOne, name, 'http://gatehouse.test')));
    contracts.set(name, made);
    return made;
  }

  /** @throws Error that names every way in which the answer is wrong. */
  check(method: string, path: string, response: ApiResponse): void {
    const operation = this.find(method, path);
    const faults = [
      ...headerFaults(response),
      ...leaks(response),
      ...(operation ? this.operationFaults(operation, response) : this.otherFaults(path, response)),
    ];
    if (faults.length === 0) {
      // HEAD has no body to look at.
      if (operation?.operationId && method !== 'HEAD')
        noteSeen(operation.operationId, keyOf(operation, response));
      return;
    }
    const name = `${method} ${path.slice(0, 100)} answered ${response.status}`;
    throw new Error(`${name}, and that breaks the contract:\n  ${faults.join('\n  ')}\n${response.text}`);
  }

  /** Holds `value` against the schema at a place of the document; the faults, or none. */
  faultsOf(place: readonly string[], value: unknown): string[] {
    const pointer = place.map(escapePointer).join('/');
    const validate = this.validators.get(pointer) ?? this.ajv.compile({ $ref: `openapi#/${pointer}` });
    this.validators.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath || '(body)'} ${message ?? ''} ${JSON.stringify(params)}`,
    );
  }

  /** The operation that a request means, as the router would find it: fixed segments before parameters. */
  private find(method: string, path: string): Operation | undefined {
    const asked = segmentsOf(path.split('?', 1)[0] ?? '');
    const matching = this.operations.filter((operation) => {
      const parts = segmentsOf(operation.path);
      return (
        operation.method === (method === 'HEAD' ? 'GET' : method) &&
        parts.length === asked.length &&
        parts.every((part, index) => (part.startsWith('{') ? asked[index] !== '' : part === asked[index]))
      );
    });
    const parameters = ({ path: template }: Operation) => template.split('{').length;
    return matching.toSorted((a, b) => parameters(a) - parameters(b))[0];
  }

  private operationFaults(operation: Operation, response: ApiResponse): string[] {
    const { status } = response;
    const documented =
      operation.responses[status] ?? (ANYWHERE.has(status) ? operation.responses.default : undefined);
    if (!documented) return [`${operation.operationId} does not document ${status}`];
    return [...this.documentedHeaderFaults(documented, response), ...this.bodyFaults(documented, response)];
  }

  private documentedHeaderFaults({ headers = {} }: Response, response: ApiResponse): string[] {
    return Object.entries(headers).flatMap(([name, reference]) => {
      const { node, place } = resolve<Header>(this.document, reference, []);
      const value = response.headers[name.toLowerCase()];
      if (value === undefined) return node.required ? [`${name} is missing`] : [];
      const read = node.schema.type === 'integer' ? Number(value) : value;
      return this.faultsOf([...place, 'schema'], read).map((fault) => `${name} ${fault}`);
    });
  }

  private bodyFaults({ content, place }: Response, response: ApiResponse): string[] {
    const { status, text, headers } = response;
    // HEAD has the headers only.
    if (text === '' && headers['content-length'] !== '0' && status !== 204) return [];
    const type = String(headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    if (!content) return text === '' ? [] : [`${status} has no body in the document`];
    if (!content[type])
      return [`${status} is documented as ${Object.keys(content).join()}, not as "${type}"`];
    return [
      ...this.faultsOf([...place, 'content', type, 'schema'], response.body),
      ...(type === 'application/problem+json' ? this.problemFaults(response) : []),
    ];
  }

  private otherFaults(path: string, response: ApiResponse): string[] {
    return PAGES.test(path) ? [] : this.problemFaults(response);
  }

  private problemFaults(response: ApiResponse): string[] {
    const { status, headers, text } = response;
    if (status < 400 || text === '') return [];
    if (headers['content-type'] !== PROBLEM_TYPE)
      return [`an error has the type ${String(headers['content-type'])}`];
    const body = response.body;
    return [
      ...this.faultsOf(PROBLEM, body),
      ...(body.status === status ? [] : [`the problem says status ${String(body.status)}`]),
      ...(body.requestId === headers['x-request-id'] ? [] : ['requestId is not that of X-Request-Id']),
      ...(body.type === `urn:gatehouse:error:${String(body.code)}` ? [] : ['type does not end in the code']),
      ...(headers['cache-control'] === 'no-store' ? [] : ['an error may be cached']),
      ...(status === 503 && !headers['retry-after'] ? ['503 has no Retry-After'] : []),
    ];
  }
}

/** Under which the document has the answer. */
function keyOf({ responses }: Operation, { status }: ApiResponse): string {
  return responses[status] ? String(status) : 'default';
}

function headerFaults({ status, headers }: ApiResponse): string[] {
  return [
    ...(headers['x-request-id'] ? [] : ['X-Request-Id is missing']),
    ...['server', 'x-powered-by'].filter((name) => headers[name]).map((name) => `${name} tells the software`),
    ...(status === 401 && !String(headers['www-authenticate']).startsWith('Bearer')
      ? ['401 has no WWW-Authenticate: Bearer']
      : []),
    ...(status === 500 ? ['500 is never right'] : []),
  ];
}

/** Bundles of Swagger UI and ReDoc are public software: what they contain is no secret. */
function leaks({ headers, text }: ApiResponse): string[] {
  const isAsset = /javascript|css|image|font/.test(String(headers['content-type'] ?? ''));
  if (isAsset) return [];
  // The caller's own path comes back to the caller.
  const own = text.replace(/"instance":"[^"]*"/, '');
  return Object.entries(NEVER_SHOWN)
    .filter(([, pattern]) => pattern.test(own))
    .map(([name]) => `it shows ${name}`);
}

export function operationsOf(document: OpenAPIObject): Operation[] {
  const at = (place: string[], node: object) => resolve<object>(document, node, place);
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      security: operation.security ?? document.security ?? [],
      parameters: (operation.parameters ?? []).map(
        (one) => at([], one).node as Operation['parameters'][number],
      ),
      responses: Object.fromEntries(
        Object.entries(operation.responses).map(([status, response]) => {
          const { node, place } = at(['paths', path, method, 'responses', status], response);
          return [status, { ...(node as Response), place }];
        }),
      ),
    })),
  );
}

/** What a node is, or refers to, and where that stands. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- whoever asks knows what it is
export function resolve<Node extends object>(
  document: OpenAPIObject,
  node: Reference & object,
  place: readonly string[],
): { node: Node; place: readonly string[] } {
  if (node.$ref === undefined) return { node: node as Node, place };
  const parts = node.$ref.split('/').slice(1);
  const found = parts.reduce<object>((at, part) => (at as Record<string, object>)[part] ?? {}, document);
  return resolve<Node>(document, found, parts);
}

/** The document with every object refusing members it does not name, but those that are a part of others. */
function closeSchemas(document: OpenAPIObject): OpenAPIObject {
  const closed = structuredClone(document);
  const nodes = [...objectsIn(closed)];
  const parts = new Set(
    nodes.flatMap(({ allOf }) => (allOf ?? []).map((one) => resolve<object>(closed, one, []).node)),
  );
  for (const node of nodes) {
    if ((node.allOf || (node.type === 'object' && node.properties)) && !parts.has(node))
      node.unevaluatedProperties = false;
  }
  return closed;
}

interface Schema {
  type?: unknown;
  properties?: object;
  allOf?: readonly object[];
  unevaluatedProperties?: boolean;
}

function* objectsIn(node: unknown): Iterable<Schema> {
  if (typeof node !== 'object' || node === null) return;
  yield node;
  for (const [key, child] of Object.entries(node)) if (!key.startsWith('example')) yield* objectsIn(child);
}

function segmentsOf(path: string): string[] {
  return path.split('/').map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      return segment;
    }
  });
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replace(/[~/]/g, (character) => JSON_POINTER_ESCAPES[character] ?? ''));
}
