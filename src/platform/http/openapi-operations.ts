import { RateLimited } from '../../common/rate-limit.errors.js';
import { documented, type DocumentedError, ERRORS, PROBE, UNLIMITED } from './endpoint.decorator.js';
import {
  HeadersTooLarge,
  HttpVersionNotSupported,
  InternalError,
  MalformedRequest,
  MethodNotAllowed,
  PayloadTooLarge,
  RequestTimeout,
  RouteNotFound,
  ServerBusy,
  ServiceUnavailable,
  UnsupportedMediaType,
  UriTooLong,
  ValidationFailed,
} from './http.errors.js';
import { isRefusedGrant } from './oauth-errors.js';
import { type JsonObject, refTo } from './openapi-json.js';
import { oauthProblemResponse, problemResponse } from './openapi-problems.js';
import { exampleOf } from './openapi-schemas.js';

/** Answered where no operation is: to another method, another address, another protocol. */
export const OUTSIDE_ROUTES = [
  MethodNotAllowed,
  RouteNotFound,
  RequestTimeout,
  HttpVersionNotSupported,
] as const;

const text = (maxLength: number) => ({ type: 'string', maxLength });

export const HEADERS: Readonly<Record<string, JsonObject>> = {
  'X-Request-Id': {
    description:
      'Names this request in the log; one that was sent (1 to 128 visible ASCII characters) is kept.',
    required: true,
    schema: text(128),
  },
  RateLimit: {
    description:
      'What is left of each limit that counts the request, and for how many seconds: `"global";r=99;t=60`.',
    required: true,
    schema: text(256),
  },
  'RateLimit-Policy': {
    description: 'The limits themselves, requests in seconds: `"global";q=100;w=60`.',
    required: true,
    schema: text(256),
  },
  'Retry-After': {
    description: 'Seconds to wait before the next try.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
  },
  'WWW-Authenticate': {
    description: 'How to authenticate (RFC 6750).',
    required: true,
    schema: { ...text(256), pattern: '^Bearer' },
  },
  Location: {
    description: 'Where it is; where the browser goes.',
    required: true,
    schema: { ...text(16_384), format: 'uri' },
  },
  ETag: {
    description: 'Changes with whatever the answer shows. Send it as `If-Match` with a change.',
    required: true,
    schema: text(128),
  },
  'Idempotency-Replayed': {
    description: '`true` on an answer that was given before, to the same `Idempotency-Key`.',
    schema: { const: 'true' },
  },
};

/** Answered by whatever operation, in one response for all: bodies are refused where none is taken, too. */
const ANYWHERE = [
  documented(InternalError),
  ...[HeadersTooLarge, UriTooLong, UnsupportedMediaType, PayloadTooLarge].map(documented),
] as const;

/** Adds what any route of its kind may answer, headers, and what it takes to call it. Returns all its errors. */
export function completeOperation(document: JsonObject, operation: JsonObject): DocumentedError[] {
  const isLimited = operation[UNLIMITED] !== true;
  delete operation[UNLIMITED];
  const isProbe = operation[PROBE] === true;
  delete operation[PROBE];
  // What needs a token is said of the document as a whole.
  if (operation.security) delete operation.security;
  else operation.security = [];
  describeAccess(operation);
  const responses = operation.responses as JsonObject;
  const all = [...errorsOf(responses), ...errorsOfAny(operation, isLimited, isProbe)];
  const errors = [...new Map(all.map((error) => [error.code, error])).values()];
  describeSuccess(operation, isLimited);
  describeErrors(document, operation, errors);
  const bodies = [operation.requestBody, ...Object.values(responses)] as (JsonObject | undefined)[];
  for (const media of bodies.flatMap(
    (body) => Object.values((body?.content ?? {}) as JsonObject) as JsonObject[],
  )) {
    if (!media.example && !media.examples) media.example = exampleOf(media.schema as JsonObject, document);
  }
  for (const parameter of (operation.parameters ?? []) as JsonObject[]) {
    const { example } = parameter.schema as JsonObject;
    if (example !== undefined) parameter.example = example;
  }
  return [...errors, ...ANYWHERE];
}

function describeAccess(operation: JsonObject): void {
  const privileges = (operation['x-required-privileges'] ?? []) as string[];
  const names = privileges.map((name) => `\`${name}\``).join(' and ');
  operation.description = [
    operation.description as string | undefined,
    names && `Needs the privilege ${names}.`,
    operation['x-recent-sign-in'] && 'Needs a sign-in of the last few minutes.',
  ]
    .filter(Boolean)
    .join(' ');
}

/** What the decorators of the route state. */
function errorsOf(responses: JsonObject): DocumentedError[] {
  return Object.values(responses).flatMap((response) => {
    const stated = (response as JsonObject)[ERRORS];
    delete (response as JsonObject)[ERRORS];
    return (stated ?? []) as unknown as DocumentedError[];
  });
}

/** What the HTTP server answers before it asks a route, and what may befall any. */
function errorsOfAny(operation: JsonObject, isLimited: boolean, isProbe: boolean): DocumentedError[] {
  const parameters = (operation.parameters ?? []) as JsonObject[];
  const hasPath = parameters.some((one) => one.in === 'path');
  const isChecked = hasPath || operation.requestBody || parameters.some((one) => one.in === 'query');
  return [
    ...(isChecked ? [ValidationFailed] : []),
    // Queries of odd names are refused anywhere.
    MalformedRequest,
    ...(operation.requestBody ? [UnsupportedMediaType, PayloadTooLarge] : []),
    ...(isLimited ? [RateLimited] : []),
    ...(isProbe ? [] : [ServiceUnavailable, ServerBusy]),
  ].map(documented);
}

function describeSuccess(operation: JsonObject, isLimited: boolean): void {
  const responses = operation.responses as JsonObject;
  const parameters = (operation.parameters ?? []) as JsonObject[];
  const takes = (header: string) => parameters.some(({ name }) => name === header);
  for (const [status, response] of Object.entries(responses) as [string, JsonObject][]) {
    const isTagged = status === '304' || (status === '200' && (takes('If-None-Match') || takes('If-Match')));
    response.headers = headers(
      isLimited,
      ...(isTagged ? ['ETag'] : []),
      ...(status === '201' || status === '302' ? ['Location'] : []),
      ...(takes('Idempotency-Key') ? ['Idempotency-Replayed'] : []),
    );
  }
}

function describeErrors(
  document: JsonObject,
  operation: JsonObject,
  errors: readonly DocumentedError[],
): void {
  const responses = operation.responses as JsonObject;
  const isForOAuthClients = 'application/x-www-form-urlencoded' in content(operation);
  responses.default = problemResponse(document, ANYWHERE, headers(false));
  for (const [status, group] of Map.groupBy(errors, (error) => error.status)) {
    const sent = headers(
      status === 429,
      ...(status === 401 ? ['WWW-Authenticate'] : []),
      ...(status === 429 || status === 503 ? ['Retry-After'] : []),
    );
    const [first, ...others] = group as [DocumentedError, ...DocumentedError[]];
    responses[status] = isForOAuthClients
      ? oauthProblemResponse(document, [first, ...others], errors.filter(isRefusedGrant), sent)
      : problemResponse(document, [first, ...others], sent);
  }
}

const content = (operation: JsonObject) =>
  ((operation.requestBody as JsonObject | undefined)?.content ?? {}) as JsonObject;

function headers(isLimited: boolean, ...more: string[]): JsonObject {
  const names = ['X-Request-Id', ...(isLimited ? ['RateLimit', 'RateLimit-Policy'] : []), ...more];
  return Object.fromEntries(names.map((name) => [name, refTo('headers', name)]));
}
