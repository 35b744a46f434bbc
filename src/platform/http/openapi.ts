import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { version } from '../../common/version.js';
import { RateLimited } from '../../common/rate-limit.errors.js';
import { problemContent } from './endpoint.decorator.js';
import {
  HeadersTooLarge,
  InternalError,
  PayloadTooLarge,
  ServiceUnavailable,
  UnsupportedMediaType,
  UriTooLong,
  ValidationFailed,
  MalformedRequest,
} from './http.errors.js';

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json | undefined;
}

/** What is said of the API as a whole. */
export interface ApiDescription {
  readonly title: string;
  readonly description: string;
  /** In the order of the pages. */
  readonly tags: readonly string[];
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Below the base, of what Swagger's Authorize button asks with a password. */
  readonly tokenPath: string;
}

/** The HTTP server answers these before it asks a route, whatever the route. */
const OF_ANY_REQUEST = [PayloadTooLarge, UriTooLong, UnsupportedMediaType, HeadersTooLarge] as const;
const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'An error (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
  properties: {
    type: { type: 'string', description: 'URN of the kind of error.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What to do about it.' },
    instance: { type: 'string', description: 'Path of the request.' },
    code: { type: 'string', description: 'Stable; see docs/errors.md.' },
    requestId: { type: 'string' },
    error: { type: 'string', description: 'Of the endpoints for OAuth 2 clients: what RFC 6749 calls it.' },
    error_description: { type: 'string' },
    errors: {
      type: 'array',
      description: 'Of a validation: the fields that were refused.',
      items: {
        type: 'object',
        required: ['field', 'rule', 'message'],
        properties: { field: { type: 'string' }, rule: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** The OpenAPI 3.1 document of an app: what the controllers state, plus what every route has in common. */
export function createOpenApiDocument(app: NestFastifyApplication, api: ApiDescription): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(api.title)
    .setDescription(api.description)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(api.baseUrl)
    .addSecurity('bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addSecurity('password', {
      type: 'oauth2',
      flows: { password: { tokenUrl: `${api.baseUrl}${api.tokenPath}`, scopes: {} } },
    })
    .build();
  config.tags = api.tags.map((name) => ({ name }));
  const document = SwaggerModule.createDocument(app, config);
  const schemas = (document.components ??= {}).schemas ?? {};
  document.components.schemas = { ...schemas, Problem: PROBLEM_SCHEMA as never };
  document.components.responses = Object.fromEntries(
    OF_ANY_REQUEST.map((error) => [error.spec.code, responseOf(error) as never]),
  );
  const raw = document as unknown as JsonObject;
  for (const item of Object.values(raw.paths as JsonObject)) {
    for (const method of METHODS) {
      const operation = (item as JsonObject)[method];
      if (operation) completeOperation(operation as JsonObject, raw);
    }
  }
  modernise(raw);
  return document;
}

/** A response that is one of these errors. */
function responseOf(...errors: Parameters<typeof problemContent>[0]) {
  return {
    description: errors.map(({ spec }) => spec.title).join(' '),
    content: { 'application/problem+json': problemContent(errors) as unknown as Json },
  };
}

/** Adds the answers any route may give, and examples of bodies, made from the examples of their fields. */
function completeOperation(operation: JsonObject, document: JsonObject): void {
  const responses = operation.responses as JsonObject;
  const content = operation.requestBody && ((operation.requestBody as JsonObject).content as JsonObject);
  if (content || operation.parameters) {
    const own = responses['400'] as JsonObject | undefined;
    const common = responseOf(ValidationFailed, MalformedRequest);
    responses['400'] = own ? mergeExamples(own, common) : common;
  }
  for (const { spec } of OF_ANY_REQUEST)
    responses[spec.status] = { $ref: `#/components/responses/${spec.code}` };
  // Probes are not counted.
  if (!(operation.tags as Json[] | undefined)?.includes('Health')) {
    const own = responses['429'] as JsonObject | undefined;
    responses['429'] = own ? mergeExamples(own, responseOf(RateLimited)) : responseOf(RateLimited);
  }
  responses['500'] ??= responseOf(InternalError);
  responses['503'] ??= responseOf(ServiceUnavailable);
  if (content && 'application/x-www-form-urlencoded' in content) answerFormsInJson(responses);
  describeHeaders(responses);
  // A route that takes a bearer token takes one from the password flow of Swagger's Authorize button too.
  if (operation.security) operation.security = [{ bearer: [] }, { password: [] }];

  const bodies = [
    content,
    ...Object.values(responses).map((response) => (response as JsonObject).content as JsonObject),
  ];
  for (const media of bodies.flatMap((body) => Object.values(body ?? {}) as JsonObject[])) {
    if (media.example === undefined && media.examples === undefined) {
      media.example = exampleOf(media.schema as JsonObject, document);
    }
  }
}

/** What says of an answer which version it is, and where what was created is. */
function describeHeaders(responses: JsonObject): void {
  const success = responses['200'] as JsonObject | undefined;
  if (success && (responses['304'] ?? responses['412'])) {
    const description = 'Changes with whatever the answer shows. Send it as `If-Match` with a change.';
    success.headers = { ETag: { description, schema: { type: 'string' } } };
  }
  const created = responses['201'] as JsonObject | undefined;
  const uri = { type: 'string', format: 'uri' };
  if (created) created.headers = { Location: { description: 'Where it is.', schema: uri } };
}

/** What came as a form is refused as OAuth 2 has it: the same problem, as plain JSON (RFC 6749 section 5.2). */
function answerFormsInJson(responses: JsonObject): void {
  for (const response of Object.values(responses)) {
    const content = (response as JsonObject).content as JsonObject | undefined;
    const problem = content?.['application/problem+json'];
    if (content && problem) content['application/json'] = problem;
  }
}

function mergeExamples(own: JsonObject, common: { description: string; content: JsonObject }): JsonObject {
  const key = 'application/problem+json';
  const media = (own.content as JsonObject)[key] as JsonObject;
  const more = (common.content[key] as JsonObject).examples as JsonObject;
  const examples = { ...(media.examples as JsonObject), ...more };
  return {
    description: `${own.description as string} ${common.description}`,
    content: { [key]: { ...media, examples } },
  };
}

function exampleOf(schema: JsonObject, document: JsonObject): Json {
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  const reference = schema.$ref ?? (schema.allOf as JsonObject[] | undefined)?.[0]?.$ref;
  if (typeof reference === 'string') {
    const found = reference
      .slice(2)
      .split('/')
      .reduce<JsonObject>((node, key) => node[key] as JsonObject, document);
    return exampleOf(found, document);
  }
  if (schema.type === 'array') return [exampleOf(schema.items as JsonObject, document)];
  if (schema.properties) {
    const required = new Set(schema.required as string[] | undefined);
    const shown = Object.entries(schema.properties as JsonObject).filter(
      ([name, property]) => required.has(name) || (property as JsonObject).example !== undefined,
    );
    return Object.fromEntries(
      shown.map(([name, property]) => [name, exampleOf(property as JsonObject, document)]),
    );
  }
  return (schema.enum as Json[] | undefined)?.[0] ?? null;
}

/** 3.1 has no `nullable` (a type may be a list instead), and JSON Schema's `examples` in place of `example`. */
function modernise(node: Json | undefined): void {
  if (Array.isArray(node)) return node.forEach(modernise);
  if (typeof node !== 'object' || node === null) return;
  if (node.nullable === true) {
    if (typeof node.type === 'string') node.type = [node.type, 'null'];
    else if (node.allOf ?? node.$ref) {
      node.anyOf = [
        ...((node.allOf as Json[] | undefined) ?? [{ $ref: node.$ref ?? null }]),
        { type: 'null' },
      ];
      delete node.allOf;
      delete node.$ref;
    }
    if (Array.isArray(node.enum)) node.enum = [...node.enum, null];
  }
  delete node.nullable;
  for (const [key, child] of Object.entries(node))
    if (key !== 'example' && key !== 'examples') modernise(child);
}
