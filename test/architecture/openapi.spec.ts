import type { OpenAPIObject } from '@nestjs/swagger';
import { allInOne } from '../../src/apps/all-in-one.js';
import { describeProcess } from '../../src/apps/api-description.js';
import { faultsOf } from './openapi-rules.js';
import { readText } from './sources.js';

/** As it is served, without whitespace. What several operations have in common is written once. */
const MOST_BYTES = 190_000;
/** Features whose operations that is for; a noun of your own adds what its fields need. */
const PRODUCT = new Set(['auth', 'users', 'roles', 'privileges', 'messages', 'webhooks', 'health', 'web']);

let document: OpenAPIObject;
beforeAll(async () => {
  document = JSON.parse(JSON.stringify(await describeProcess(allInOne))) as OpenAPIObject;
});

describe('openapi.json', () => {
  it('is what the code states: write it with `npm run openapi`', () => {
    expect(JSON.parse(readText('openapi.json'))).toEqual(document);
  });

  it('is short enough to be read', async () => {
    const features = allInOne.features.filter(({ name }) => PRODUCT.has(name));
    const tags = Object.assign({}, ...features.map((feature) => feature.tags)) as typeof allInOne.tags;
    const product = await describeProcess({ ...allInOne, features, tags });
    expect(features).toHaveLength(PRODUCT.size);
    expect(JSON.stringify(product).length).toBeLessThan(MOST_BYTES);
  });

  it('names every code of docs/errors.md', () => {
    const rows = readText('docs/errors.md').matchAll(/^\| *`(\w+)` *\| *\d+ *\|/gm);
    const catalogue = [...rows].map(([, code = '']) => code);
    const { ProblemCode } = (document.components?.schemas ?? {}) as Record<string, { enum: string[] }>;
    expect(new Set(ProblemCode?.enum)).toEqual(new Set(catalogue));
  });

  it('has no fault that the rules of the house know', () => {
    expect(faultsOf(document)).toEqual([]);
  });
});

describe('the rules of the house', () => {
  type Node = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- broken on purpose
  const PATHS = ['/api/v1/users', '/api/v1/users/{id}', '/api/v1/access/check'];
  const broken = (change: (copy: Node) => void): OpenAPIObject => {
    const copy = structuredClone(document) as Node;
    // Every kind of operation there is a rule about, and no more: each is looked at anew for each fault.
    copy.paths = Object.fromEntries(PATHS.map((path) => [path, copy.paths[path]]));
    change(copy);
    return copy as OpenAPIObject;
  };
  const createUser = (copy: Node): Node => copy.paths['/api/v1/users'].post;
  const user = (copy: Node): Node => copy.components.schemas.User.properties;

  it.each([
    ['a missing operationId', (copy) => delete createUser(copy).operationId, 'has no operationId'],
    [
      'an operationId of two',
      (copy) => (createUser(copy).operationId = 'listUsers'),
      'listUsers is there twice',
    ],
    ['a missing summary', (copy) => delete createUser(copy).summary, 'has no summary'],
    ['a missing description', (copy) => (createUser(copy).description = ''), 'has no description'],
    [
      'a privilege that is not described',
      (copy) => (createUser(copy).description = 'Makes one of them.'),
      'users.create',
    ],
    ['a missing tag', (copy) => (createUser(copy).tags = []), 'has no tag'],
    ['a tag nobody describes', (copy) => (copy.tags = []), 'has no tag'],
    ...['400', '401', '403', '409', '413', '415', '422', '429', '503', 'default'].map(
      (status) =>
        [
          `no ${status}`,
          (copy: Node) => delete createUser(copy).responses[status],
          `lacks ${status}`,
        ] as const,
    ),
    ['no success', (copy) => delete createUser(copy).responses['201'], 'lacks a success'],
    ['no 404', (copy) => delete copy.paths['/api/v1/users/{id}'].get.responses['404'], 'lacks 404'],
    ['no 412', (copy) => delete copy.paths['/api/v1/users/{id}'].patch.responses['412'], 'lacks 412'],
    [
      'no X-Request-Id',
      (copy) => delete copy.components.responses.UserNotFound.headers['X-Request-Id'],
      'X-Request-Id',
    ],
    [
      'no Retry-After',
      (copy) => delete copy.components.responses.RateLimited.headers['Retry-After'],
      'Retry-After',
    ],
    ['no Location', (copy) => delete createUser(copy).responses['201'].headers.Location, 'lacks Location'],
    ['no ETag', (copy) => delete copy.components.responses.User.headers.ETag, 'lacks ETag'],
    [
      'a body without an example',
      (copy) => delete createUser(copy).requestBody.content['application/json'].example,
      'no example',
    ],
    [
      'an example that is none',
      (copy) => (createUser(copy).requestBody.content['application/json'].example.roleId = 'x'),
      'that is none',
    ],
    [
      'an example with another member',
      (copy) => (createUser(copy).requestBody.content['application/json'].example.x = 1),
      'that is none',
    ],
    [
      'an error without codes',
      (copy) =>
        delete copy.components.responses.UserNotFound.content['application/problem+json'].schema.allOf[1]
          .properties.code,
      'which codes',
    ],
    ['a code there is not', (copy) => (copy.components.schemas.ProblemCode.enum = ['x']), 'has the code'],
    ['a text without an end', (copy) => delete user(copy).firstName.maxLength, 'firstName has no maxLength'],
    [
      'a list without an end',
      (copy) => delete copy.components.schemas.UserPage.properties.items.maxItems,
      'has no maxItems',
    ],
    ['any object', (copy) => (user(copy).x = { type: 'object' }), 'is any object'],
    [
      'an object of anything',
      (copy) => (copy.components.schemas.User.additionalProperties = true),
      'is any object',
    ],
    ['an enum without a name', (copy) => (user(copy).x = { enum: ['a', 'b'] }), 'without a name'],
    ['nullable', (copy) => (user(copy).firstName.nullable = true), 'is nullable'],
    ['an example of a field', (copy) => (user(copy).firstName.example = 'Ada'), 'has an example'],
    ['a class for a name', (copy) => (copy.components.schemas.XDto = {}), 'XDto is no name'],
    [
      'a body that takes anything',
      (copy) => delete copy.components.schemas.AccessCheck.additionalProperties,
      'AccessCheck takes',
    ],
  ] as [string, (copy: Node) => unknown, string][])('find %s', (_, change, fault) => {
    expect(faultsOf(broken(change)).join('\n')).toContain(fault);
  });
});
