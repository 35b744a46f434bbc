import type { DocumentedError } from './endpoint.decorator.js';
import { type JsonObject, refTo, within } from './openapi-json.js';
import { oauthErrorOf } from './oauth-errors.js';
import { problemType } from './problem-details.js';

const REQUEST_ID = '0197b1c2';
/** A body has 100 KiB at most: nothing that repeats parts of it is longer. */
const LONGEST = 131_072;
const text = (maxLength: number, description?: string) => ({
  type: 'string',
  maxLength,
  ...(description && { description }),
});

/** The body of an error, with `codes` for every code there is. */
export function problemSchemas(codes: readonly string[]): JsonObject {
  return {
    ProblemCode: {
      type: 'string',
      description: 'Stable names of all errors; what to do about each is in docs/errors.md.',
      enum: codes.toSorted(),
    },
    FieldProblem: {
      type: 'object',
      description: 'Why a field was refused.',
      required: ['field', 'rule', 'message'],
      properties: {
        field: text(LONGEST, 'Where it is: `items[0].name`.'),
        rule: text(64, 'Stable name of the rule that refused it.'),
        message: text(LONGEST, 'For people.'),
      },
    },
    Problem: {
      type: 'object',
      description: 'An error (RFC 9457).',
      required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
      properties: {
        type: { ...text(128, 'The code as a URN.'), format: 'uri' },
        title: text(256, 'The same for every occurrence.'),
        status: { type: 'integer', minimum: 400, maximum: 599 },
        detail: text(LONGEST, 'What is wrong this time, and what to do about it.'),
        instance: text(LONGEST, 'Path of the request.'),
        code: refTo('schemas', 'ProblemCode'),
        requestId: text(128, 'Also in `X-Request-Id`.'),
        errors: {
          type: 'array',
          description: 'With `validation_failed`: the fields that were refused.',
          maxItems: LONGEST,
          items: refTo('schemas', 'FieldProblem'),
        },
      },
    },
    OAuthProblem: {
      description: 'An error where OAuth 2 clients ask: in the words of RFC 6749 section 5.2 too.',
      type: 'object',
      allOf: [refTo('schemas', 'Problem')],
      required: ['error', 'error_description'],
      properties: { error: text(64), error_description: text(LONGEST) },
    },
  };
}

type Errors = readonly [DocumentedError, ...DocumentedError[]];

/** The response that stands for `errors`. Examples are written once, in the components of `document`. */
export function problemResponse(document: JsonObject, errors: Errors, headers: JsonObject): JsonObject {
  const content = { 'application/problem+json': media(document, errors, 'Problem') };
  return { description: titlesOf(errors), headers, content };
}

/**
 * The same where OAuth 2 clients ask. What they sent as a form is refused as plain JSON, and a refused grant by 400, not
 * by 401 (RFC 6749 section 5.2); `refusedGrants` are those of the operation.
 */
export function oauthProblemResponse(
  document: JsonObject,
  errors: Errors,
  refusedGrants: readonly DocumentedError[],
  headers: JsonObject,
): JsonObject {
  const [first, ...others] = errors.filter((error) => !refusedGrants.includes(error));
  const { status } = errors[0];
  const form: Errors | undefined = first && [first, ...others, ...(status === 400 ? refusedGrants : [])];
  const content: JsonObject = {
    'application/problem+json': media(document, errors, 'OAuthProblem'),
    ...(form && { 'application/json': media(document, form, 'OAuthProblem') }),
  };
  return { description: titlesOf(errors), headers, content };
}

const titlesOf = (errors: Errors) => errors.map(({ title }) => title).join(' ');

/** One of these codes, and no other; with an example of the first. */
function media(document: JsonObject, errors: Errors, schema: 'Problem' | 'OAuthProblem'): JsonObject {
  const [first, ...others] = errors;
  const code = others.length === 0 ? { const: first.code } : { enum: errors.map((error) => error.code) };
  const name = schema === 'Problem' ? first.code : `oauth_${first.code}`;
  const examples = within(within(document, 'components'), 'examples');
  examples[name] ??= { value: schema === 'Problem' ? exampleOf(first) : oauthExampleOf(first) };
  return {
    schema: { allOf: [refTo('schemas', schema), { type: 'object', properties: { code } }] },
    examples: { [first.code]: refTo('examples', name) },
  };
}

function exampleOf({ code, status, title }: DocumentedError): JsonObject {
  return {
    type: problemType(code),
    title,
    status,
    detail: title,
    instance: '/api/v1/things/42',
    code,
    requestId: REQUEST_ID,
  };
}

function oauthExampleOf(error: DocumentedError): JsonObject {
  return { ...exampleOf(error), error: oauthErrorOf(error), error_description: error.title };
}
