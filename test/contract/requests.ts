import type { OpenAPIObject } from '@nestjs/swagger';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { ApiRequest } from '../support/api.js';
import { type Operation, resolve } from '../support/contract.js';
import { anyJson, anyText, type Schema, spoilt, takenBy } from './arbitraries.js';

/** A request as it is sent; `as` is who sends it. */
export interface FuzzedRequest {
  readonly as: 'superAdmin' | 'user' | 'stranger' | 'forger';
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw?: ApiRequest['raw'];
}

const FORM = 'application/x-www-form-urlencoded';
const printable = () =>
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 30,
  });

/** Requests to an operation: most as the document asks for them, others not quite, some not at all. */
export function requestsTo(document: OpenAPIObject, operation: Operation): Arbitrary<FuzzedRequest> {
  const path = pathsOf(operation);
  const query = queriesOf(document, operation);
  const raw = bodiesOf(document, operation);
  return fc
    .record({ as: SENDERS, path, query, headers: headersOf(operation), raw })
    .map(({ query: sent, raw: body, ...request }) => ({
      ...request,
      path: sent === '' ? request.path : `${request.path}?${sent}`,
      ...(body && { raw: body }),
    }));
}

const SENDERS = fc.oneof(
  { weight: 6, arbitrary: fc.constant<'superAdmin'>('superAdmin') },
  { weight: 2, arbitrary: fc.constant<'user'>('user') },
  fc.constantFrom<'stranger' | 'forger'>('stranger', 'forger'),
);

/** Ids of rows there are, of rows there may be, and what is no id. */
function pathsOf({ path, parameters }: Operation): Arbitrary<string> {
  const names = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 60 }).map(String) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 31 - 1 }).map(String) },
    { weight: 2, arbitrary: anyText.map(encoded).filter((text) => text !== '') },
  );
  const from = path.replace(/^\/api\/v1/, '') || '/';
  const start = path.startsWith('/api/v1') ? from : `/${path}`;
  return fc
    .record(Object.fromEntries(names.map((name) => [name, value])))
    .map((values) => start.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name])));
}

function queriesOf(document: OpenAPIObject, { parameters }: Operation): Arbitrary<string> {
  const known = parameters.filter((one) => one.in === 'query');
  const pairs = known.map(({ name, schema = {} }) =>
    fc.oneof(
      { weight: 3, arbitrary: takenBy(document, schema).map((value) => pair(name, String(value))) },
      { weight: 1, arbitrary: anyText.map((value) => pair(name, value)) },
      { weight: 4, arbitrary: fc.constant('') },
    ),
  );
  const odd = fc.oneof(
    { weight: 9, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.tuple(anyText, anyText).map(([name, value]) => pair(name, value)) },
    {
      weight: 1,
      arbitrary: fc.string({
        unit: fc.constantFrom('a', 'b', '=', '&', '[', ']', '.', '%', '+'),
        maxLength: 20,
      }),
    },
  );
  return fc.tuple(...pairs, odd).map((all) => all.filter((one) => one !== '').join('&'));
}

function headersOf({ parameters }: Operation): Arbitrary<Record<string, string>> {
  const names = parameters.filter((one) => one.in === 'header').map(({ name }) => name.toLowerCase());
  const tag = fc.oneof(fc.constantFrom('"x"', '*', 'W/"x"'), printable());
  const value: Record<string, Arbitrary<string>> = {
    ...Object.fromEntries(names.map((name) => [name, tag])),
    'accept-language': fc.constantFrom('de', 'en-GB,de;q=0.5', '*', '', 'xx-invalid-;;q=9'),
    accept: fc.constantFrom('application/json', 'text/html', '*/*', '', 'a/b;q=x'),
    'x-request-id': printable(),
    origin: fc.constantFrom('https://evil.example', 'null', 'http://gatehouse.test'),
    cookie: printable(),
  };
  return fc.record(value, { requiredKeys: [] }).map((headers) => headers as Record<string, string>);
}

type Raw = ApiRequest['raw'];

function bodiesOf(document: OpenAPIObject, { requestBody, method }: Operation): Arbitrary<Raw> {
  const nothing: Arbitrary<Raw> = fc.constant(undefined);
  const junk: Arbitrary<Raw> = fc.record({
    type: fc.constantFrom(
      'application/json',
      FORM,
      'text/plain',
      'multipart/form-data',
      'application/xml',
      '',
    ),
    data: fc.oneof(anyText, fc.constantFrom('{', '{"a":}', '[]', 'null', '""', '{"__proto__":{"a":1}}')),
  });
  if (!requestBody) {
    if (method === 'GET') return nothing;
    return fc.oneof({ weight: 9, arbitrary: nothing }, { weight: 1, arbitrary: junk });
  }
  const [media] = Object.values(requestBody.content);
  const schema = resolve<Schema>(document, media?.schema ?? {}, []).node;
  const taken = fc.oneof(takenBy(document, schema), fc.constant(media?.example));
  const json = (value: unknown): Raw => ({ type: 'application/json', data: JSON.stringify(value) });
  const form = (value: unknown): Raw => ({
    type: FORM,
    data: Object.entries(value as object)
      .map(([name, member]) => pair(name, String(member)))
      .join('&'),
  });
  return fc.oneof(
    { weight: 6, arbitrary: taken.map(json) },
    { weight: 5, arbitrary: taken.chain(spoilt).map(json) },
    { weight: 1, arbitrary: anyJson.map(json) },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: nothing },
    { weight: FORM in requestBody.content ? 4 : 0, arbitrary: taken.map(form) },
  );
}

const pair = (name: string, value: string) => `${encoded(name)}=${encoded(value)}`;

/** A lone surrogate has no UTF-8, hence no escape. */
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
